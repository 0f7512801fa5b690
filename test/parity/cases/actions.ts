/**
 * The work of the acceptance cases: small, deterministic, and counted on disk where a case
 * is about how often it runs, since executions may happen in several processes.
 */
import { action } from "@rappel/core"
import { appendFileSync, mkdirSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { ConflictError, NotFoundError, PaymentError, ValidationError } from "./errors.ts"
import type { Order, Point, User } from "./models.ts"

/** Counts one more execution under a path, at once, and says how many it has been. */
const counted = (path: string): number => {
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, ".")
  return readFileSync(path, "utf8").length
}

export const process_ = action(async (value: string) => `processed ${value}`)

export const greetPerson = action(
  async ({ greeting, name }: { readonly name: string; readonly greeting: string }) =>
    `${greeting}, ${name}!`
)

export const addNumbers = action(async (a: number, b: number) => a + b)

export const computeValue = action(
  async (x: number, y: number, { multiplier = 1 }: { readonly multiplier?: number } = {}) =>
    (x + y) * multiplier
)

export const multiplyBy = action(async (value: number, factor: number) => value * factor)

/** Says what was logged, so that a case can tell that it was awaited. */
export const logEvent = action(async (event: string) => {
  await Promise.resolve()
  return `logged ${event}`
})

export const isEven = action(async (value: number) => value % 2 === 0)
export const increment = action(async (value: number) => value + 1)
export const double = action(async (value: number) => value * 2)
export const square = action(async (value: number) => value * value)
export const sum = action(async (values: ReadonlyArray<number>) =>
  values.reduce((total, value) => total + value, 0)
)
export const join = action(async (...parts: ReadonlyArray<string>) => parts.join("+"))
export const concat = action(async (a: string, b: string) => `${a}${b}`)
export const identity = action(async (value: unknown) => value)
export const labelled = action(async (label: string, value: unknown) => ({ label, value }))

/** Waits in the process before it answers; later items of a fan-out answer first. */
export const slowly = action(async (value: number, millis: number) => {
  await wait(millis)
  return value
})

export const fetchUsers = action(async (): Promise<ReadonlyArray<User>> => [
  { id: "u1", name: "Ada", active: true, tier: "high" },
  { id: "u2", name: "Bob", active: false, tier: "low" },
  { id: "u3", name: "Cyd", active: true, tier: "medium" }
])

export const fetchPairs = action(async (): Promise<ReadonlyArray<readonly [string, number]>> => [
  ["a", 1],
  ["b", 2],
  ["c", 3]
])

export const fetchItems = action(async (count: number) => ({
  items: Array.from({ length: count }, (_, index) => `item ${index}`)
}))

export const keyAndValue = action(async (item: string) => [item, item.length] as const)

export const classify = action(async (score: number) =>
  score >= 75 ? "high" : score >= 25 ? "medium" : "low"
)

export const movePoint = action(async ({ x, y }: Point, by: number): Promise<Point> => ({
  x: x + by,
  y: y + by
}))

export const placeOrder = action(async (order: Order) => ({
  id: `order of ${order.customer.name}`,
  count: order.items.length,
  total: order.items.reduce((total, item) => total + item.price * (item.quantity ?? 1), 0)
}))

/** Fails as it is told to; the rest of the cases decide what to do about it. */
export const failWith = action(async (kind: string, message: string): Promise<string> => {
  switch (kind) {
    case "validation":
      throw new ValidationError(message, "name")
    case "notFound":
      throw new NotFoundError(message)
    case "conflict":
      throw new ConflictError(message)
    case "payment":
      throw new PaymentError(message, { code: "card_declined", detail: { limit: 100 } })
    case "type":
      throw new TypeError(message)
    case "range":
      throw new RangeError(message)
    case "plain":
      throw new Error(message)
    case "cause":
      throw new Error(message, { cause: new TypeError("the cause") })
    case "text":
      throw message
    case "none":
      return `no failure: ${message}`
    default:
      throw new Error(`unknown kind ${kind}`)
  }
})

export const describeFailure = action(async (error: unknown) =>
  error instanceof Error ? `handled ${error.name}: ${error.message}` : `handled ${String(error)}`
)

/** The action of load tests: sleeps, fails or runs out of time, by its argument. */
export const soak = action(
  async (
    { fail, index, sleepMillis }: {
      readonly index: number
      readonly sleepMillis?: number
      readonly fail?: boolean
    }
  ) => {
    if (sleepMillis !== undefined) await wait(sleepMillis)
    if (fail === true) throw new Error(`soak ${index} fails`)
    return index
  }
)

/** Succeeds at the given execution; `counter` is a path that all executions share. */
export const succeedAt = action(async (counter: string, execution: number) => {
  const attempt = counted(counter)
  if (attempt < execution) throw new ConflictError(`attempt ${attempt} fails`)
  return attempt
})

/** As `succeedAt`, but what fails first is a validation, which no retry can mend. */
export const failOnce = action(async (counter: string, kind: "validation" | "conflict") => {
  const attempt = counted(counter)
  if (attempt > 1) return attempt
  throw kind === "validation"
    ? new ValidationError("not valid", "name")
    : new ConflictError("try again")
})

/**
 * Counts its executions and takes its time in each. Timeouts over it are long enough that a loaded
 * machine has counted by then.
 */
export const takeTime = action(async (counter: string, millis: number) => {
  const attempt = counted(counter)
  await wait(millis)
  return attempt
})

export const countOf = action(async (counter: string) => readFileSync(counter, "utf8").length)

export const step1 = action(async (value: string) => `step1(${value})`)
export const step2 = action(async (value: string) => `step2(${value})`)
export const step3 = action(async (value: string) => `step3(${value})`)
export const step4 = action(async (value: string) => `step4(${value})`)

export const noop = action(async () => {})

/** Says how many arguments arrived, and which of them were `null` or `undefined`. */
export const received = action(async (...args: ReadonlyArray<unknown>) => ({
  count: args.length,
  args: args.map((arg) => arg === undefined ? "undefined" : arg === null ? "null" : typeof arg)
}))

export const withDefault = action(async (value: unknown = "the default") => value)

export const checkInventory = action(async (items: ReadonlyArray<string>) => ({
  available: items.filter((item) => !item.startsWith("missing")),
  missing: items.filter((item) => item.startsWith("missing"))
}))

export const upperCase = action(async (text: string) => text.toUpperCase())
export const reverse = action(async (text: string) => Array.from(text).reverse().join(""))
export const factorial = action(async (n: number): Promise<number> => {
  let product = 1
  for (let factor = 2; factor <= n; factor++) product *= factor
  return product
})
export const fibonacci = action(async (n: number) => {
  let [a, b] = [0, 1]
  for (let at = 0; at < n; at++) [a, b] = [b, a + b]
  return a
})

export const now = action(async () => ({ at: new Date(0) }))

export const richValues = action(async () => ({
  date: new Date(86_400_000),
  map: new Map([["k", new Set([1, 2])]]),
  big: 2n ** 70n,
  bytes: Uint8Array.of(1, 2, 3),
  missing: undefined,
  zero: -0
}))
