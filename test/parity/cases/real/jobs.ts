/**
 * Things that take their time: polling, agents, approvals, timeouts, limits.
 */
import { sleep, workflow } from "@rappel/core"
import {
  askedOpinion,
  callModel,
  fetchPage,
  flakyItem,
  jobStatus,
  notify,
  pause,
  sumOf,
  transform,
  weather
} from "./services.ts"

export const real_polling = workflow(async (job: string) => {
  let delay = 1
  for (let poll = 1;; poll++) {
    const status = await jobStatus(job, poll)
    switch (status) {
      case "done":
        return { poll, delay }
      case "failed":
        throw new Error(`job ${job} failed`, { cause: { poll } })
    }
    await sleep(delay = Math.min(delay * 2, 5))
  }
})

interface Message {
  readonly role: "user" | "assistant" | "tool"
  readonly content: unknown
  readonly id?: string
}

const TOOLS: Readonly<Record<string, (input: any) => Promise<unknown>>> = {
  weather,
  sum: sumOf,
  lookup: async ({ id }: { readonly id: number }) => {
    const text = await transform(`record ${id}`)
    return { id, text }
  }
}

export const real_agent_loop = workflow(async (prompt: string, most: number) => {
  const messages: Array<Message> = [{ role: "user", content: prompt }]
  for (let turn = 0; turn < most; turn++) {
    const { calls, text } = await callModel(messages)
    if (calls.length === 0) return { text, turns: turn + 1, messages: messages.length }
    messages.push({ role: "assistant", content: calls.map(({ tool }) => tool) })
    const results = await Promise.all(calls.map(async ({ id, input, tool }) => {
      const run = TOOLS[tool]
      return { id, content: run === undefined ? `no tool ${tool}` : await run(input) }
    }))
    messages.push(...results.map(({ content, id }) => ({ role: "tool" as const, content, id })))
  }
  throw new RangeError(`no answer in ${most} turns`)
})

/** Each asked in turn; one `no` decides, and who was not asked yet is told. */
export const real_approval = workflow(async (approvers: ReadonlyArray<string>) => {
  const given: Record<string, string> = {}
  approvals: {
    for (const who of approvers) {
      const { verdict } = await askedOpinion(who)
      given[who] = verdict
      if (verdict === "no") break approvals
    }
    return { approved: true, given }
  }
  const rest = approvers.filter((who) => !(who in given))
  return {
    approved: false,
    given,
    told: await Promise.all(rest.map((who) => notify(who, "no need")))
  }
})

const withTimeout = async <A>(promise: Promise<A>, millis: number, or: A): Promise<A> =>
  await Promise.race([promise, sleep(millis).then(() => or)])

export const real_timeouts_with_race = workflow(async () => {
  const quick = await withTimeout(pause("quick", 1), 20_000, "late")
  const slow = await withTimeout(pause("slow", 1500), 5, "gave up")
  return [quick, slow]
})

export const real_first_good_answer = workflow(async (mirrors: ReadonlyArray<number>) => {
  try {
    return await Promise.any(mirrors.map((n) => flakyItem(n)))
  } catch (error) {
    return (error as AggregateError).errors.map((each: Error) => each.message)
  }
})

/** A pool of `limit` workers that share one iterator. */
export const real_batch_with_limit = workflow(async (count: number, limit: number) => {
  const queue = Array.from({ length: count }, (_, n) => n).values()
  const results = new Array<string>(count)
  let active = 0
  let most = 0
  const worker = async () => {
    for (const n of queue) {
      most = Math.max(most, ++active)
      try {
        results[n] = `ok ${await flakyItem(n)}`
      } catch (error) {
        results[n] = `no ${(error as Error).message}`
      } finally {
        active--
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return { results, most }
})

export const real_rate_limited = workflow(async (names: ReadonlyArray<string>) => {
  let tokens = 2
  const sent: Array<string> = []
  for (const name of names) {
    if (tokens-- === 0) {
      await sleep(2)
      tokens = 1
      sent.push("rest")
    }
    sent.push(await transform(name))
  }
  return sent
})

export const real_reminders = workflow(async (plan: ReadonlyArray<readonly [string, number]>) => {
  const timeline: Array<string> = []
  const all = plan.map(async ([what, after]) => {
    await sleep(after)
    timeline.push(await notify("ada", what))
  })
  await Promise.all(all)
  return timeline.sort()
})

async function* pages(size: number) {
  let cursor: string | undefined
  do {
    const { items, next } = await fetchPage(cursor, size)
    try {
      yield items
    } finally {
      cursor = next
    }
  } while (cursor !== undefined)
}

export const real_paginated_sync = workflow(async (size: number, until: number) => {
  const names: Array<string> = []
  let count = 0
  for await (const items of pages(size)) {
    count++
    for (const { id, name } of items) {
      if (id > until) return { count, names, stopped: id }
      names.push(name)
    }
  }
  return { count, names, stopped: null }
})

export const real_fan_out_fan_in = workflow(async (words: ReadonlyArray<string>) => {
  const upper = await Promise.all(words.map((word) => transform(word)))
  const byLength = Object.entries(
    upper.reduce<Record<number, Array<string>>>((groups, word) => {
      ;(groups[word.length] ??= []).push(word)
      return groups
    }, {})
  )
  const joined = await Promise.all(
    byLength.map(async ([length, group]) =>
      [Number(length), await transform(group.join("&"))] as const
    )
  )
  return new Map(joined)
})

export const real_debounced_set_timeout = workflow(async (keys: ReadonlyArray<string>) => {
  const fired: Array<string> = []
  let pending: ReturnType<typeof setTimeout> | undefined
  await new Promise<void>((done) => {
    for (const key of keys) {
      clearTimeout(pending)
      pending = setTimeout(
        (last: string) => {
          fired.push(last)
          done()
        },
        3,
        key
      )
    }
  })
  return fired
})

/** A signal's place is taken by a call that answers at last. */
export const real_deferred_decision = workflow(async (name: string) => {
  const { promise, resolve } = (() => {
    let resolve!: (value: string) => void
    const promise = new Promise<string>((done) => (resolve = done))
    return { promise, resolve }
  })()
  const waiting = promise.then((value) => `decided ${value}`)
  await transform(name).then(resolve)
  return await waiting
})
