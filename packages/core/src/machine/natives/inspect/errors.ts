/**
 * Errors as `util.inspect` of Node prints them.
 *
 * @since 0.1.0
 */
import { prefixOf } from "./names.ts"

const MARK = "\n    at"

const stackOf = (error: Error): string => {
  const { stack } = error as { readonly stack?: unknown }
  return stack === undefined || stack === null || stack === ""
    ? String(Reflect.apply(Error.prototype.toString, error, []))
    : String(stack)
}

/** Properties that are printed behind the stack: not what the stack has, always the cause. */
export const errorKeys = (error: Error, own: ReadonlyArray<PropertyKey>): Array<PropertyKey> => {
  const stack = stackOf(error)
  const keys = own.filter((key) =>
    !(key === "name" || key === "message" || key === "stack") ||
    !stack.includes(String(error[key]))
  )
  if ("cause" in error && !keys.includes("cause")) keys.push("cause")
  const { errors } = error as { readonly errors?: unknown }
  if (Array.isArray(errors) && !keys.includes("errors")) keys.push("errors")
  return keys
}

/** The stack, with the name of the class in its first line. */
export const errorText = (
  error: Error,
  constructor: string | null,
  tag: string,
  indentation: number
): string => {
  const name = error.name === undefined || error.name === null ? "Error" : String(error.name)
  const stack = named(stackOf(error), constructor, name, tag)
  const { message } = error as { readonly message: unknown }
  const found = typeof message === "string" && message !== "" ? stack.indexOf(message) : -1
  const from = found > 0 ? found + (message as string).length : -1
  const frames = stack.indexOf(MARK, from)
  const shown = frames < 0 ? `[${stack}]` : stack.slice(0, frames + 1) +
    withoutCauseFrames(error, stack.slice(frames + 1).split("\n")).join("\n")
  return indentation === 0 ? shown : shown.replaceAll("\n", `\n${" ".repeat(indentation)}`)
}

const named = (stack: string, constructor: string | null, name: string, tag: string): string => {
  let { length } = name
  const isPlain = name.endsWith("Error") && stack.startsWith(name) &&
    (stack.length === length || stack[length] === ":" || stack[length] === "\n")
  if (constructor !== null && !isPlain) return stack
  let fallback = "Error"
  if (constructor === null) {
    const start = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n {4}at)/.exec(stack) ??
      /^([a-z_A-Z0-9-]*Error)$/.exec(stack)
    fallback = start?.[1] ?? ""
    length = fallback.length
    fallback = fallback || "Error"
  }
  const prefix = prefixOf(constructor, tag, fallback).slice(0, -1)
  if (name === prefix) return stack
  if (!prefix.includes(name)) return `${prefix} [${name}]${stack.slice(length)}`
  return length === 0 ? `${prefix}: ${stack}` : `${prefix}${stack.slice(length)}`
}

/** Lines that the cause has, too, are counted only. */
const withoutCauseFrames = (
  { cause }: Error,
  frames: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (!(cause instanceof Error)) return frames
  const stack = stackOf(cause)
  const start = stack.indexOf(MARK)
  if (start < 0) return frames
  const { length, offset } = sharedRange(frames, stack.slice(start + 1).split("\n"))
  if (length === 0) return frames
  const skipped = length - 2
  return frames.toSpliced(
    offset + 1,
    skipped,
    `    ... ${skipped} lines matching cause stack trace ...`
  )
}

const sharedRange = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) => {
  for (let offset = 0; offset < a.length - 3; offset++) {
    const at = b.indexOf(a[offset]!)
    if (at < 0) continue
    const most = Math.min(a.length - offset, b.length - at)
    let length = 1
    while (most > length && a[offset + length] === b[at + length]) length++
    if (length > 3) return { length, offset }
  }
  return { length: 0, offset: 0 }
}
