/**
 * The thirteen end-to-end fixtures of the predecessor.
 */
import { workflow } from "@rappel/core"
import {
  addNumbers,
  classify,
  concat,
  double,
  increment,
  labelled,
  multiplyBy,
  noop,
  process_ as process,
  reverse,
  square,
  step1,
  step2,
  step3,
  sum,
  takeTime,
  upperCase
} from "./actions.ts"
import type { Tier } from "./models.ts"

export const e2e_simple = workflow(async (name: string) => await process(name))

export const e2e_sequential = workflow(async () => {
  const started = await increment(0)
  const middle = await double(started)
  await noop()
  return await square(middle + 1)
})

export const e2e_conditional = workflow(async (tier: Tier) => {
  if (tier === "high") return await process("premium")
  if (tier === "medium") return await process("standard")
  return await process("basic")
})

/** The condition is on an input, before any call. */
export const e2e_immediate_conditional = workflow(async (value: number) => {
  if (value > 16) return await labelled("large", value)
  return await labelled("small", value)
})

export const e2e_chain = workflow(async (text: string) =>
  await step3(await step2(await step1(text)))
)

export const e2e_for_loop = workflow(async (items: ReadonlyArray<string>) => {
  const processed: Array<string> = []
  for (const item of items) {
    const upper = await upperCase(item)
    processed.push(upper)
  }
  return processed
})

export const e2e_parallel = workflow(async (value: number) => {
  const [doubled, squared] = await Promise.all([double(value), square(value)])
  return await addNumbers(doubled, squared)
})

export const e2e_gather_listcomp = workflow(async (values: ReadonlyArray<number>) => {
  const doubled = await Promise.all(values.map((value) => double(value)))
  return await sum(doubled)
})

/** A helper returns a tuple; a nested field of it flows into the next call. */
export const e2e_tuple_unpack_fn_call = workflow(async (id: string) => {
  const load = async (of: string) => {
    const user = await labelled(of, { address: { city: "Oslo" } })
    const score = await increment(of.length)
    return [user, score] as const
  }
  const [user, score] = await load(id)
  const { city } = (user.value as { readonly address: { readonly city: string } }).address
  return await labelled(city, score)
})

export const e2e_nested_conditionals = workflow(async (score: number, premium: boolean) => {
  const grade = await classify(score)
  if (grade === "high") {
    if (premium) return await concat(grade, " premium")
    return await concat(grade, " standard")
  }
  if (grade === "medium") {
    if (score > 50) {
      if (premium) return await concat(grade, " upper premium")
    }
    return await concat(grade, " any")
  }
  return grade
})

export const e2e_data_pipeline = workflow(async (source: string, minimum: number) => {
  const rows = [120, 80, 250, 30].map((amount, index) => ({ id: `${source}-${index}`, amount }))
  const kept: Array<{ readonly id: string; readonly amount: number }> = []
  for (const row of rows) {
    if (row.amount < minimum) continue
    const taxed = await multiplyBy(row.amount, 2)
    kept.push({ ...row, amount: taxed })
  }
  const total = await sum(kept.map(({ amount }) => amount))
  return { source, total, ids: kept.map(({ id }) => id) }
})

export const e2e_string_processing = workflow(async (text: string) => {
  const upper = await upperCase(text)
  const reversed = await reverse(text)
  const digits = text.replace(/\D/g, "")
  return {
    upper,
    reversed,
    length: text.length,
    digits: Number(digits),
    half: text.slice(0, text.length / 2)
  }
})

/** Nobody catches the timeout: the instance fails with it. */
export const e2e_timeout = workflow(async (counter: string) =>
  await takeTime.with({ timeout: "900ms", timeoutAttempts: 1 })(counter, 2500)
)
