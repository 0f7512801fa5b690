/**
 * `console` of workflows: lines of the instance's log.
 *
 * @since 0.1.0
 */
import type { Command } from "../Model.ts"
import { running } from "../running.ts"
import { defineMethods } from "./defineMethods.ts"
import { inspect } from "./inspect.ts"

type Level = Extract<Command, { readonly kind: "log" }>["level"]

/** `%s` and the like, as `util.format` of Node has them. */
export const format = (args: ReadonlyArray<unknown>): string => {
  const [first, ...rest] = args
  if (typeof first !== "string") return args.map((arg) => shown(arg)).join(" ")
  let used = 0
  const text = rest.length === 0 ? first : first.replace(/%[sdifjoOc%]/g, (directive) => {
    if (directive === "%%") return "%"
    if (used >= rest.length) return directive
    const arg = rest[used++]
    switch (directive) {
      case "%s":
        return typeof arg === "bigint" ? `${arg}n` : shown(arg)
      case "%d":
        return typeof arg === "bigint" ? `${arg}n` : String(Number(arg))
      case "%i":
        return String(parseInt(String(arg), 10))
      case "%f":
        return String(parseFloat(String(arg)))
      case "%j":
        return JSON.stringify(arg) ?? "undefined"
      case "%c":
        return ""
      default:
        return inspect(arg)
    }
  })
  return [text, ...rest.slice(used).map(shown)].join(" ")
}

const shown = (value: unknown): string => typeof value === "string" ? value : inspect(value)

const log = (level: Level) => (...args: ReadonlyArray<unknown>): void =>
  running.emit({ kind: "log", level, text: format(args) })

/** The global `console`. */
export const console: object = Object.create(Object.prototype, {
  [Symbol.toStringTag]: { value: "console", configurable: true }
}) as object

defineMethods(console, {
  log: log("info"),
  info: log("info"),
  debug: log("debug"),
  trace: log("debug"),
  warn: log("warn"),
  error: log("error")
})
for (const name of ["log", "info", "debug", "trace", "warn", "error"]) {
  const fn = Reflect.get(console, name) as object
  Object.defineProperty(fn, "name", { value: name, configurable: true })
}
