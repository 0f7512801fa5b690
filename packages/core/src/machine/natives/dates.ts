/**
 * `Date` whose present is the time of the step.
 *
 * Everything else is the host's: local time is that of the process's time zone, as in a
 * plain run.
 *
 * @since 0.1.0
 */
import { running } from "../running.ts"
import { type Callable, replaceValue } from "./replaced.ts"

const HostDate = Date

const own = {
  Date: function(...args: ReadonlyArray<unknown>): unknown {
    if (new.target === undefined) return new HostDate(running.at).toString()
    return Reflect.construct(HostDate, args.length === 0 ? [running.at] : args, new.target)
  }
}.Date

const now = { now: (): number => running.at }.now

export const DateConstructor: Callable = own

export const installDates = (): void => {
  Object.defineProperty(own, "length", { value: 7, configurable: true })
  Object.defineProperty(own, "prototype", { value: HostDate.prototype, writable: false })
  for (const [name, value] of [["now", now], ["parse", HostDate.parse], ["UTC", HostDate.UTC]]) {
    Object.defineProperty(own, name as string, { value, writable: true, configurable: true })
  }
  replaceValue(HostDate, own, undefined)
}
