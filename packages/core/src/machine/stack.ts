/**
 * The stacks of errors: lines of the user's source, never of the machine.
 *
 * During a step the host's own traces are off, so an error that a native throws comes with
 * its first line only. It gets its frames where the first evaluator catches it: until then
 * the instance's innermost frame is still the one that threw.
 *
 * @since 0.1.0
 */
import { type Element, waitersOf } from "./awaiter.ts"
import type { Frame, Task } from "./Frame.ts"
import { frameName } from "./frameName.ts"
import { sourceOf } from "./natives/functions.ts"
import type { MachinePromise } from "./promises.ts"
import { running } from "./running.ts"
import { Fatal } from "./signals.ts"

/** As V8's default: more frames say less. */
const FRAMES = 10

const MARK = "\n    at "

/** `Name: message`, as `Error.prototype.toString` gives it. */
const headline = (error: object): string => {
  try {
    return String(Reflect.apply(Error.prototype.toString, error, []))
  } catch {
    return "Error"
  }
}

const line = (frame: Frame, isAsync: boolean): string => {
  const where = frame.code.program.where(frame.at)
  const prefix = isAsync ? "async " : ""
  const name = frameName(frame)
  return `${MARK}${prefix}${name === "" ? where : `${name} (${where})`}`
}

/** Lines for a frame, its callers, and the functions that await the outermost. */
export const frames = (innermost: Frame | null): string => {
  let lines = ""
  let count = 0
  let outermost: Frame | null = null
  for (let frame = innermost; frame !== null && count < FRAMES; frame = frame.caller) {
    lines += line(frame, false)
    count++
    outermost = frame
  }
  return lines + awaiting(outermost, FRAMES - count)
}

/** A function that awaits, or the combinator of promises that what threw is an element of. */
const asyncLine = (waiter: Task | Element, isAsync = true): string =>
  "aggregate" in waiter
    ? `${MARK}async Promise.${waiter.aggregate.kind} (index ${waiter.index})`
    : line(waiter, isAsync)

/** Whoever awaits the outermost function, or what the callback of a `then` is run for. */
const awaiting = (frame: Frame | null, limit: number): string => {
  if (frame === null) return ""
  const promise = running.reacting ?? (frame as Partial<Task>).driver?.awaited()
  return waitersOf(promise, limit).map((each) => asyncLine(each)).join("")
}

const define = (error: object, stack: string): void => {
  Reflect.defineProperty(error, "stack", { value: stack, writable: true, configurable: true })
}

/** Lines for whoever awaits a promise: the function that does, and those that await it. */
export const framesOfAwaiter = (promise: MachinePromise): string =>
  waitersOf(promise, FRAMES).map((each, at) => asyncLine(each, at > 0)).join("")

export const stampWith = (error: object, lines: string): void =>
  define(error, headline(error) + lines)

/** The stack that an error was given in this step, while nobody has changed it. */
export interface Stamp {
  text: string
  readonly frames: string
}

/** Gives an error that was just made the stack of where that was. */
export const stamp = (error: object, frame: Frame | null): void => {
  const lines = frames(frame)
  const text = headline(error) + lines
  define(error, text)
  running.stamps.set(error, { text, frames: lines })
}

/**
 * V8 writes the first line when the stack is first read, so it shows the name and message of
 * that time. Called wherever the stack of an error that was made in this step may be read.
 */
export const refresh = (error: object): void => {
  const made = running.stamps.get(error)
  if (made === undefined) return
  if (Reflect.getOwnPropertyDescriptor(error, "stack")?.value !== made.text) return
  made.text = headline(error) + made.frames
  define(error, made.text)
}

/** Adds the frames of whoever waits for a failed call to what the worker knows of it. */
export const addFrames = (error: unknown, lines: string): void => {
  if (!(error instanceof Error)) return
  const { stack } = error
  define(error, (typeof stack === "string" ? stack : headline(error)) + lines)
}

/** Natives make no errors of errors but for `Promise.any`, where V8 has no frames. */
const isStamped = (error: Error): boolean => {
  const { stack } = error
  return typeof stack !== "string" || stack.includes(MARK) || error instanceof AggregateError
}

/**
 * What every evaluator that catches calls first: the frame is the running one again, and a
 * native's error has its stack. What nothing may catch is thrown on.
 */
export const caught = (F: Frame | null, error: unknown): unknown => {
  if (error instanceof Fatal) throw error
  if (error instanceof Error) {
    if (isStamped(error)) refresh(error)
    else {
      hideWrappers(error)
      define(error, headline(error) + frames(running.frame))
    }
  }
  running.frame = F
  return error
}

/** How V8 calls the instances of all classes of the program: after the function below them. */
export const WRAPPER = "$class"

/** Keeps the machine's own names out of a native's message. */
const hideWrappers = (error: Error): void => {
  if (error.message.includes(WRAPPER)) {
    setMessage(error, error.message.replaceAll(WRAPPER, "Object"))
  }
}

const setMessage = (error: Error, message: string): void => {
  Reflect.defineProperty(error, "message", { value: message, writable: true, configurable: true })
}

const classNameOf = (object: object): string => {
  const { constructor } = object as { readonly constructor?: unknown }
  return typeof constructor === "function" ? constructor.name : ""
}

/** What a native throws about an object, with the name of the object's class. */
export const aboutObject = (error: unknown, object: unknown): unknown => {
  if (!(error instanceof Error)) return error
  if (typeof object === "function") {
    const shown = error.message.replace(
      FUNCTION_TEXT,
      (_, before: string, end: string) => `${before}${sourceOf(object)}${end}`
    )
    if (shown !== error.message) setMessage(error, shown)
  } else if (error.message.includes(WRAPPER)) {
    const name = classNameOf(object as object)
    const shown = name === "" && error.message.includes(`object '#<${WRAPPER}>'`)
      ? error.message.replace(`#<${WRAPPER}>`, "[object Object]")
      : error.message.replace(WRAPPER, name || "Object")
    setMessage(error, shown)
  } else if (error.message.includes(NAMELESS)) {
    const name = classNameOf(object as object)
    if (name !== "") setMessage(error, error.message.replace(NAMELESS, `#<${name}>`))
  }
  return error
}

/** The error of a method that was called on what it is not for. */
export const incompatible = (method: string, receiver: unknown): TypeError => {
  const shown = typeof receiver === "function"
    ? sourceOf(receiver)
    : Array.isArray(receiver)
    ? "[object Array]"
    : typeof receiver === "object" && receiver !== null
    ? `#<${classNameOf(receiver) || "Object"}>`
    : String(receiver)
  return new TypeError(`Method ${method} called on incompatible receiver ${shown}`)
}

/** V8 shows the text of a function that a write to it is about: that would be the machine's. */
const FUNCTION_TEXT =
  /^(Cannot (?:assign to read only|delete|set) property .*? of (?:function ')?)(?:function|class|async|\(|[\w$]+ ?(?:\(|=>))[^]*?('?| which has only a getter)$/

const NAMELESS = "[object Object]"

interface Traced {
  stackTraceLimit?: unknown
}

/** Runs a step with the host's traces off: they cost time and show the machine. */
export const withoutHostTraces = <A>(step: () => A): A => {
  const host = Error as Traced
  const limit = host.stackTraceLimit
  Reflect.set(host, "stackTraceLimit", 0)
  try {
    return step()
  } finally {
    Reflect.set(host, "stackTraceLimit", limit)
  }
}
