/**
 * A program as Node runs it, on a virtual clock: what all other runs are held to.
 *
 * @since 0.1.0
 */
import { type PolicyOptions, toPolicy } from "@rappel/core/action/Policy"
import { toMillis } from "@rappel/core/duration/Duration"
import type { Outcome, Policy } from "@rappel/core/machine/Model"
import { decodeError, decodeValue, encodeError, encodeValue } from "@rappel/core/value/Value"
import { format } from "node:util"
import { compileFunction } from "node:vm"
import { describeOutcome, type Observed, ownFrames } from "./Observed.ts"
import { Agenda, openHost, perform } from "./World.ts"

type AnyFunction = (...args: ReadonlyArray<any>) => any

/** Node makes nothing of the program: it is no JavaScript, or waits for what never comes. */
export class Unusable extends Error {}

const compiled = (javascript: string): AnyFunction => {
  try {
    return compileFunction(javascript, PARAMETERS, { filename: "src/case.ts" }) as AnyFunction
  } catch (error) {
    throw new Unusable(String(error))
  }
}

const virtualDate = (agenda: Agenda) =>
  new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [agenda.now] : args, newTarget) as object,
    apply: (target) => new target(agenda.now).toString(),
    get: (target, key, receiver) =>
      key === "now" ? () => agenda.now : Reflect.get(target, key, receiver) as unknown
  })

/** Node calls a timer's callback as a method of it, and stacks show that. */
class Timeout {
  readonly _onTimeout: AnyFunction

  constructor(callback: AnyFunction) {
    this._onTimeout = callback
  }
}

/** Lets all promise jobs run, and Node say which rejections nobody handled. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const PARAMETERS = ["core", "console", "setTimeout", "clearTimeout", "queueMicrotask", "Date"]

/** Most events that a program may take; the generator writes far shorter ones. */
const MOST_EVENTS = 5000

export const runPlain = async (javascript: string, seed: number): Promise<Observed> => {
  const agenda = new Agenda()
  const logs: Array<string> = []
  const calls: Array<string> = []
  let nextPolicy: Policy | undefined
  let begun = 0

  const call = (name: string, length: number, given: ReadonlyArray<unknown>, own: Policy) => {
    const policy = nextPolicy === undefined ? own : { ...own, ...nextPolicy }
    nextPolicy = undefined
    const args = encodeValue(given.slice(0, length), openHost)
    calls.push(`${name}(${args}) ${JSON.stringify(policy)}`)
    const { latency, outcome } = perform(seed, ++begun, name, args, policy)
    return new Promise((resolve, reject) => {
      agenda.add(agenda.now + latency, () => {
        if (outcome.ok) resolve(decodeValue(outcome.value, openHost))
        else reject(failure(outcome))
      })
    })
  }
  const names = ["echo", "fail", "flaky"]
  const action = (fn: AnyFunction): AnyFunction => {
    const name = names.shift()!
    const { length } = fn
    const withPolicy = (policy: Policy): AnyFunction =>
      Object.assign((...given: ReadonlyArray<unknown>) => call(name, length, given, policy), {
        with: (options: PolicyOptions) => withPolicy({ ...policy, ...toPolicy(options) })
      })
    return withPolicy({})
  }
  const core = {
    action,
    workflow: (fn: AnyFunction) => fn,
    sleep: (duration: unknown) =>
      new Promise<void>((resolve) => {
        agenda.add(agenda.now + Math.ceil(Math.max(0, toMillis(duration))), () => resolve())
      }),
    runAction: (thunk: AnyFunction, options: PolicyOptions) => {
      nextPolicy = toPolicy(options)
      try {
        return thunk() as unknown
      } finally {
        nextPolicy = undefined
      }
    }
  }
  const log = (...args: ReadonlyArray<unknown>) => {
    logs.push(ownFrames(format(...args)))
  }
  const timers = new Map<object, number>()
  const setTimer = (fn: AnyFunction, millis?: number, ...args: ReadonlyArray<unknown>) => {
    const timer = new Timeout(fn)
    const due = agenda.now + (Number(millis) >= 1 ? Math.trunc(Number(millis)) : 1)
    timers.set(timer, agenda.add(due, () => void timer._onTimeout(...args)))
    return timer
  }
  const clearTimer = (timer: object) => agenda.remove(timers.get(timer) ?? -1)

  let outcome: Outcome | undefined
  const fails = (error: unknown): void => {
    outcome ??= { ok: false, error: encodeError(error) }
  }
  const module = compiled(javascript)
  const queueJob = (fn: AnyFunction) => {
    Promise.resolve().then(fn).catch(fails)
  }
  const before = process.listeners("unhandledRejection")
  process.removeAllListeners("unhandledRejection")
  process.on("unhandledRejection", fails)
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = 60
  // Test runners put their own in, which knows neither "async" nor empty messages.
  Error.prepareStackTrace = undefined!
  let awaits = 0
  try {
    const console = { log, info: log, warn: log, error: log, debug: log }
    // What the module throws ends the run as what the workflow throws does.
    const result = (async () => {
      const main = module(
        core,
        console,
        setTimer,
        clearTimer,
        queueJob,
        virtualDate(agenda)
      ) as AnyFunction
      return await main(1) as unknown
    })()
    result.then((value) => {
      // A value that cannot be stored fails the instance.
      try {
        outcome ??= { ok: true, value: encodeValue(value, openHost) }
      } catch (error) {
        fails(error)
      }
    }, fails)
    for (;;) {
      await settled()
      if (outcome !== undefined) break
      const run = agenda.next()
      if (run === undefined || ++awaits > MOST_EVENTS) {
        throw new Unusable("it waits for what never comes")
      }
      try {
        run()
      } catch (error) {
        fails(error)
      }
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace!
    process.removeListener("unhandledRejection", fails)
    for (const listener of before) process.on("unhandledRejection", listener)
  }
  const { stack, text } = describeOutcome(outcome)
  return { logs, calls, outcome: text, stack, awaits }
}

const failure = (outcome: Extract<Outcome, { readonly ok: false }>): unknown => {
  const error = decodeError(outcome.error, openHost)
  if (outcome.attempts !== undefined && error instanceof Error) {
    Object.assign(error, { attempts: outcome.attempts })
  }
  return error
}
