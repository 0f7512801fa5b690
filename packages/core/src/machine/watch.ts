/**
 * Asks the watchdog, often enough that no step runs for long, and seldom enough that it costs
 * nothing.
 *
 * @since 0.1.0
 */
import { running } from "./running.ts"
import { Fatal } from "./signals.ts"
import { OVERDUE } from "./Watchdog.ts"

/** Units of fuel between two looks: about 5 ms of loops and calls. */
export const LOOK_EVERY = 65_536

/** Items or characters that natives may go over between two looks: some milliseconds. */
const LOOK_AFTER = 4_000_000

/** Items that a native may go over: V8 stops none of them in the middle, not even by `guard`. */
const MAX_ITEMS = 10_000_000

/** Items that `sort` may take as texts: about two seconds. */
const MAX_SORTED = 2_000_000

/** Natives of unknown size look at the clock when it has gone on by this much. */
const LOOK_AFTER_MILLIS = 5

const where = (): string => {
  const { frame } = running
  return frame === null ? "" : `, at ${frame.code.program.where(frame.at)}`
}

const fatal = (name: string, message: string): Fatal => {
  const error = new Error(message)
  error.name = name
  return new Fatal(error)
}

const tooSlow = (limitMillis: number): Fatal =>
  fatal(
    "StepTooSlow",
    `The workflow kept the processor for more than ${limitMillis} ms without a pause${where()}. ` +
      "Look for a pattern that backtracks or a loop over much data, or move the work into an action"
  )

const outOfMemory = (): Fatal =>
  fatal(
    "StepTooLarge",
    `The workflow used so much memory in one step that its process ran short${where()}. ` +
      "Move the work into an action, and return only what the workflow needs"
  )

/** Ends the instance when this step has run for too long, or memory is short. */
export const look = (): void => {
  const vm = running
  const { watch } = vm.program.limits
  if (watch === undefined) return
  vm.weighed = 0
  vm.lookedAt = watch.now()
  const cpu = watch.cpuMillis()
  if (vm.cpuAtStart === undefined) vm.cpuAtStart = cpu
  else if (cpu - vm.cpuAtStart > watch.limitMillis) throw tooSlow(watch.limitMillis)
  if (watch.isShortOfMemory()) throw outOfMemory()
}

/** Counts what a native went over. */
export const weigh = (items: number): void => {
  if ((running.weighed += items) > LOOK_AFTER) look()
}

/** After a native whose work nobody can tell beforehand. */
export const lookSoon = (): void => {
  const vm = running
  const { watch } = vm.program.limits
  if (watch === undefined) return
  const now = watch.now()
  if (vm.lookedAt === undefined) vm.lookedAt = now
  else if (now - vm.lookedAt > LOOK_AFTER_MILLIS) look()
}

/** Runs a native that may take for ever. Within a guarded one it is guarded already. */
export const guarded = <A>(run: () => A): A => {
  const vm = running
  const { watch } = vm.program.limits
  if (watch === undefined || vm.isGuarded) return run()
  look()
  const left = Math.max(1, Math.ceil(watch.limitMillis - (watch.cpuMillis() - vm.cpuAtStart!)))
  vm.isGuarded = true
  let result: unknown
  try {
    result = watch.guard(run, left)
  } finally {
    vm.isGuarded = false
  }
  if (result === OVERDUE) throw tooSlow(watch.limitMillis)
  look()
  return result as A
}

type Callable = (...args: ReadonlyArray<any>) => unknown

/** Calls a native whose work grows with its receiver, or with what it gives. */
export const applyMeasured = (
  fn: unknown,
  self: unknown,
  args: ReadonlyArray<unknown>
): unknown => {
  const size = sizeOf(self)
  if (size > MAX_SORTED && Array.isArray(self)) checkItems(size, fn, args)
  const result: unknown = Reflect.apply(fn as Callable, self, args)
  if (typeof result === "string") checkText(result)
  weigh(Math.max(size, sizeOf(result)))
  return result
}

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (Array.isArray(value)) return value.length
  return ArrayBuffer.isView(value) ? value.byteLength >> 2 : 0
}

/** Longer ones are beyond what a state may hold; `split` of one could exhaust the host. */
const MAX_CHARACTERS = 64_000_000

/** Ends the instance before a native goes over more items than a state could keep. */
export const checkItems = (
  size: number,
  fn?: unknown,
  args: ReadonlyArray<unknown> = []
): void => {
  if (size > MAX_ITEMS) throw tooLarge(`a list of ${size} items; the limit is ${MAX_ITEMS}`)
  const isByText = typeof args[0] !== "function" && (fn === sort || fn === toSorted)
  if (isByText && size > MAX_SORTED) {
    throw tooLarge(`a list of ${size} items to sort by text; the limit is ${MAX_SORTED}`)
  }
}

const { sort, toSorted } = Array.prototype as unknown as Readonly<Record<string, unknown>>

/** Bytes of one buffer. */
const MAX_BUFFER = 64_000_000

/** Ends the instance for a text that it could never keep. */
export const checkText = (text: string): void => {
  if (text.length > MAX_CHARACTERS) {
    throw tooLarge(`a text of ${text.length} characters; the limit is ${MAX_CHARACTERS}`)
  }
}

/** No host has that much memory. */
const NO_BUFFER = 2 ** 48

/** Ends the instance before it takes a buffer that it could never keep. */
export const checkBuffer = (fn: unknown, size: unknown): void => {
  if (typeof size !== "number" || size <= MAX_BUFFER || !isBuffer(fn)) return
  // The language refuses it itself.
  if (size > NO_BUFFER) return
  throw tooLarge(`a buffer of ${size} items; the limit is ${MAX_BUFFER} bytes`)
}

const isBuffer = (fn: unknown): boolean =>
  fn === ArrayBuffer ||
  (typeof fn === "function" && Object.getPrototypeOf(fn) === Object.getPrototypeOf(Uint8Array))

const tooLarge = (what: string): Fatal =>
  fatal("StepTooLarge", `The workflow made ${what}${where()}. Make it in an action`)

/** Bits of one BigInt: more than that takes long to show, and longer to multiply. */
const MAX_BITS = 2_000_000

const MAX_BIG = 1n << BigInt(MAX_BITS)

/** Above it an operation takes more than a look does. */
const LONG_BIG = 1n << 20_000n

/** What came of an operation, unless that is a BigInt without measure. */
export const boundedBig = (value: unknown): unknown => {
  if (typeof value !== "bigint" || (value < LONG_BIG && value > -LONG_BIG)) return value
  if (value > MAX_BIG || value < -MAX_BIG) {
    throw tooLarge(`a BigInt of more than ${MAX_BITS} bits`)
  }
  lookSoon()
  return value
}
