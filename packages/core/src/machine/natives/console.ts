/**
 * `console` of workflows: lines of the instance's log.
 *
 * @since 0.1.0
 */
import type { Command } from "../Model.ts"
import { running } from "../running.ts"
import { defineMethods } from "./defineMethods.ts"
import { format } from "./format.ts"

type Level = Extract<Command, { readonly kind: "log" }>["level"]

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
