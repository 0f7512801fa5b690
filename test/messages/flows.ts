/**
 * Workflows that are told something while they run; compiled from here when they start.
 */
import {
  action,
  Cancelled,
  currentCall,
  publish,
  signal,
  sleep,
  until,
  update,
  waitFor,
  WaitTimeout,
  workflow
} from "@rappel/core"
import * as Schema from "effect/Schema"

/** What actions of this process did, by instance-independent name. */
export const ledger: Array<string> = []

export const note = action(async (text: string) => {
  ledger.push(text)
  return text
})

/** Runs until it is interrupted. */
export const hang = action(async (name: string) => {
  ledger.push(`${name} began`)
  const { signal } = currentCall()!
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve())
  })
  ledger.push(`${name} was interrupted`)
})

const Decision = Schema.Struct({ approved: Schema.Boolean, by: Schema.String })
export const Approval = signal("approval", Decision)
export const Item = signal<number>("item")
export const Quote = update<number, number>("quote")

export const approval = workflow(async (name: string) => {
  const { approved, by } = await waitFor(Approval)
  return approved ? await note(`${name} approved by ${by}`) : "refused"
})

/** Reminds once a day, gives up after three. */
export const reminded = workflow(async () => {
  for (let day = 1; day <= 30; day++) {
    try {
      return await waitFor(Approval, { timeout: "1 day" })
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error
      await note(`reminder ${day}`)
    }
  }
  return "given up"
})

export const collect = workflow(async (count: number) => {
  const items: Array<number> = []
  while (items.length < count) {
    items.push(await waitFor(Item))
    publish("progress", { done: items.length, of: count })
  }
  return items
})

export const gate = workflow(async () => {
  const items: Array<number> = []
  void (async () => {
    for (;;) items.push(await waitFor(Item))
  })()
  await until(() => items.length >= 3)
  return items.reduce((sum, item) => sum + item, 0)
})

export const quotes = workflow(async (count: number) => {
  for (let i = 0; i < count; i++) {
    const request = await waitFor(Quote)
    if (request.value < 0) request.reject(new RangeError("a quote is never negative"))
    else request.reply(request.value * 2)
  }
  return "closed"
})

export const compensated = workflow(async () => {
  await note("booked")
  try {
    await hang("ride")
    return "done"
  } catch (error) {
    if (error instanceof Cancelled) await note(`undone: ${error.reason}`)
    await sleep(1)
    throw error
  } finally {
    await note("cleaned")
  }
})

export const stubborn = workflow(async () => {
  await note("began")
  try {
    await sleep("1 hour")
  } catch {
    return "went on"
  }
  return "slept"
})
