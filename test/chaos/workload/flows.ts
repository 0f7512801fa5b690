/**
 * The workflows of the chaos audit: chains, loops, fan-outs, timers, retries, compensation,
 * helpers and classes, children and cancels, side by side.
 *
 * A deploy writes this file anew with another VERSION, which makes other programs of the same
 * names; instances in flight go on with the programs that they were started with.
 */
import { signal, sleep, waitFor, workflow } from "@rappel/core"
import {
  broken,
  charge,
  Declined,
  describe,
  flaky,
  mix,
  record,
  release,
  reserve,
  slow,
  Unavailable
} from "./actions.ts"

const VERSION = 1

export const chain = workflow(async (n: number) => {
  let value = n
  value = await mix(value, 1)
  value = await mix(value, 2)
  const { tags, text } = await describe(value, ["a", `v${VERSION}`])
  value = await mix(value, text.length)
  value = await mix(value, tags.length)
  if (value % 2 === VERSION % 2) value = await mix(value, VERSION)
  value = await mix(value, 6)
  return { value, text, version: VERSION }
})

export const loop = workflow(async (n: number) => {
  let total = n
  const seen: Array<number> = []
  for (let i = 0; i < 20 + n % 20; i++) {
    total = await mix(total, i + VERSION)
    if (i % 7 === 3) seen.push(total % 1000)
    if (i === 10) await sleep(40)
  }
  return { total, seen }
})

export const fanOut = workflow(async (n: number) => {
  const width = 6 + n % 14
  const first = await Promise.all(
    Array.from({ length: width }, (_, i) => mix(n + VERSION, i))
  )
  const second = await Promise.allSettled(
    first.map(async (value, i) => {
      if (i % 5 === 4) return await broken(i)
      return await mix(value, i)
    })
  )
  let failed = 0
  let sum = 0
  for (const result of second) {
    if (result.status === "fulfilled") sum += result.value % 1000
    else if (result.reason instanceof Unavailable) failed++
  }
  return { width, failed, sum }
})

export const timers = workflow(async (n: number) => {
  const first = await mix(n, VERSION)
  await sleep(200 + n % 300)
  const second = await mix(first, 1)
  await sleep(1500 + (n % 10) * 200)
  const both = await Promise.all([sleep(300), mix(second, 2), sleep(900)])
  return await mix(both[1], 3)
})

export const retries = workflow(async (n: number) => {
  const quick = await flaky.with({
    retry: { attempts: 12, backoff: { kind: "exponential", base: 40 }, maxDelay: "400ms" }
  })(n, 1 + n % 4)
  const parked = await flaky.with({
    retry: { attempts: 12, backoff: { kind: "constant", base: "1500ms" } }
  })(n + VERSION, n % 2)
  let attempts = 0
  try {
    await broken.with({ retry: { attempts: 3, backoff: { kind: "linear", base: 50 } } })(n)
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    attempts = (error as Unavailable & { readonly attempts: number }).attempts
  }
  return { quick, parked, attempts }
})

export const order = workflow(async (n: number) => {
  const done: Array<string> = []
  const reservation = await reserve(n)
  try {
    done.push(await charge(n, n * 7 + VERSION))
    await record(`charged ${n}`)
  } catch (error) {
    if (!(error instanceof Declined)) throw error
    done.push(error.message)
    done.push(await release(reservation))
  } finally {
    await record(`order ${n}`)
  }
  if (n % 11 === 0) throw new Declined(`order ${n} is closed`)
  return { reservation, done }
})

/** Its clients send three numbers, each of them more than once when they are killed. */
export const Numbers = signal<number>("number")

export const signals = workflow(async (n: number) => {
  const first = await mix(n, VERSION)
  const heard: Array<number> = []
  for (let i = 0; i < 3; i++) heard.push(await waitFor(Numbers))
  return { heard, last: await mix(first, heard.length) }
})

export const leaf = workflow(async (n: number) => {
  const value = await mix(n, VERSION)
  if (n % 9 === 4) throw new Declined(`leaf ${n}`)
  return await mix(value, 1)
})

/** Its children are instances of their own; some of them fail. */
export const family = workflow(async (n: number) => {
  const results = await Promise.allSettled([leaf(n), leaf(n + 1), leaf(n + 2)])
  const sums: Array<number> = []
  for (const result of results) {
    if (result.status === "fulfilled") sums.push(result.value % 1000)
    else if (!(result.reason instanceof Declined)) throw result.reason
  }
  return { sums, last: await leaf(n * 9) }
})

/** Its clients cancel it, at whatever it is then. */
export const cancelled = workflow(async (n: number) => {
  try {
    await slow(n, 100 + n % 300)
    await sleep("1 hour")
    return "went on"
  } finally {
    await record(`cleaned ${n}`)
  }
})

class Tree {
  readonly #salt: number
  visited = 0
  constructor(salt: number) {
    this.#salt = salt
  }
  async sum(node: number, depth: number): Promise<number> {
    this.visited++
    const value = await mix(node, this.#salt)
    if (depth === 0) return value % 100
    const parts = await Promise.all([
      this.sum(node * 2, depth - 1),
      this.sum(node * 2 + 1, depth - 1)
    ])
    return parts.reduce((a, b) => a + b, value % 100)
  }
}

const checked = async (tree: Tree, n: number): Promise<number> => {
  const sum = await tree.sum(n + 1, 2)
  return sum >= 0 ? sum : -1
}

export const helpers = workflow(async (n: number) => {
  const tree = new Tree(VERSION)
  const sums = new Map<string, number>()
  for (const name of ["left", "right"]) sums.set(name, await checked(tree, n + name.length))
  return { visited: tree.visited, sums: [...sums] }
})

export const long = workflow(async (n: number) => {
  const first = await slow(n, 500 + n % 700)
  const [second, third] = await Promise.all([slow(first % 1000, 1200 + n % 900), mix(first, 1)])
  return await mix(second, third)
})
