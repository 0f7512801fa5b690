/**
 * What a workflow asks of the world: calls of actions and timers, numbered as they come.
 *
 * @since 0.1.0
 */
import type { Judges } from "../action/judges.ts"
import { toMillis } from "../duration/Duration.ts"
import { within } from "../value/limits.ts"
import { encodeValue } from "../value/Value.ts"
import type { ActionRef } from "./actions.ts"
import type { ChildEffect } from "./children.ts"
import { hidden } from "./hidden.ts"
import type { PendingEffect, Policy } from "./Model.ts"
import { callbackError } from "./natives/hostErrors.ts"
import { FULFILLED, type MachinePromise, newPromise, settle } from "./promises.ts"
import { running } from "./running.ts"
import { valueHost } from "./valueHost.ts"
import type { UntilEffect, WaitEffect, WaitTimer } from "./waits.ts"

/** A pending call, which settles a promise. */
export class CallEffect {
  // On the prototype, so that it is there after a restore, which runs no constructor.
  get kind() {
    return "call" as const
  }

  /** A repair gives it another. */
  effect: number
  readonly action: string
  readonly args: string
  policy: Policy
  readonly promise: MachinePromise
  /** Functions of the program that have a say in retries; `policy.retry.judged` says so. */
  judges: Judges | undefined

  constructor(
    effect: number,
    action: string,
    args: string,
    policy: Policy,
    promise: MachinePromise,
    judges: Judges | undefined
  ) {
    this.effect = effect
    this.action = action
    this.args = args
    this.policy = policy
    this.promise = promise
    this.judges = judges
  }
}

/** A pending `sleep`. */
export class SleepEffect {
  get kind() {
    return "timer" as const
  }

  readonly effect: number
  readonly dueAt: number
  readonly promise: MachinePromise

  constructor(effect: number, dueAt: number, promise: MachinePromise) {
    this.effect = effect
    this.dueAt = dueAt
    this.promise = promise
  }
}

/** A pending `setTimeout`. */
export class TimeoutEffect {
  get kind() {
    return "timer" as const
  }

  readonly effect: number
  readonly dueAt: number
  readonly callback: (...args: ReadonlyArray<unknown>) => unknown
  readonly args: ReadonlyArray<unknown>
  readonly timeout: object
  /** The promise whose executor set it: what a cancellation rejects. */
  readonly promise: MachinePromise | undefined

  constructor(
    effect: number,
    dueAt: number,
    callback: TimeoutEffect["callback"],
    args: ReadonlyArray<unknown>,
    timeout: object,
    promise: MachinePromise | undefined
  ) {
    this.effect = effect
    this.dueAt = dueAt
    this.callback = callback
    this.args = args
    this.timeout = timeout
    this.promise = promise
  }
}

export type Effect =
  & (CallEffect | SleepEffect | TimeoutEffect | WaitEffect | UntilEffect | WaitTimer | ChildEffect)
  & PendingEffect

/** What `setTimeout` answers with; clearing needs its number. */
export class Timeout {
  readonly effect: number

  constructor(effect: number) {
    this.effect = effect
  }
}

export const timeouts = hidden<Timeout>()

export const makeTimeout = (timeout: Timeout): object => {
  const object = Object.freeze(Object.create(TIMEOUT_PROTOTYPE) as object)
  timeouts.set(object, timeout)
  return object
}

/** Opaque: a number, when it is asked to be one, as in Node. */
export const TIMEOUT_PROTOTYPE: object = Object.freeze(
  Object.create(Object.prototype, {
    [Symbol.toPrimitive]: {
      value(this: unknown): number {
        return timeouts.get(this)?.effect ?? NaN
      }
    },
    [Symbol.toStringTag]: { value: "Timeout" }
  }) as object
)

/** Trailing parameters that the function never declared, such as the index that `map` passes. */
const trimmed = (ref: ActionRef, args: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const { params, rest } = running.program.program.actions[ref.action]!
  return rest === 1 || args.length <= params ? args : args.slice(0, params)
}

export const emitCall = (ref: ActionRef, args: ReadonlyArray<unknown>): MachinePromise => {
  const vm = running
  const { id } = vm.program.program.actions[ref.action]!
  // Now, so that what the program changes afterwards does not matter.
  const text = within(
    `The arguments of action ${id}`,
    encodeValue(trimmed(ref, args), valueHost),
    vm.program.limits.maxValueLength
  )
  const { nextPolicy } = vm
  vm.nextPolicy = undefined
  const usual = vm.program.policyOf(ref.action)
  const policy = ref.policy === undefined && nextPolicy === undefined
    ? usual
    : { ...usual, ...ref.policy, ...nextPolicy?.policy }
  const judges = nextPolicy?.policy.retry === undefined ? ref.judges : nextPolicy.judges
  const promise = newPromise()
  const effect = new CallEffect(++vm.effects, id, text, policy, promise, judges)
  vm.pending.set(effect.effect, effect)
  vm.emit(effect)
  vm.fresh.set(promise, effect)
  return promise
}

/** Whole milliseconds from now; a wait that lies in the past is none. */
export const dueIn = (millis: number): number => running.at + Math.ceil(Math.max(0, millis))

export const emitTimer = (effect: SleepEffect | TimeoutEffect | WaitTimer): void => {
  running.pending.set(effect.effect, effect)
  running.emit({ kind: "timer", effect: effect.effect, dueAt: effect.dueAt })
}

export const sleep = (duration: unknown): MachinePromise => {
  const promise = newPromise()
  const dueAt = dueIn(toMillis(duration))
  emitTimer(new SleepEffect(++running.effects, dueAt, promise))
  return promise
}

export const setTimeout = (
  callback: unknown,
  delay?: unknown,
  ...args: ReadonlyArray<unknown>
): object => {
  if (typeof callback !== "function") throw callbackError(callback)
  const vm = running
  // As Node: what is no number from 1 to 2³¹ - 1 is 1.
  const given = Number(delay)
  const millis = given >= 1 && given <= 2_147_483_647 ? Math.trunc(given) : 1
  const effect = ++vm.effects
  const timeout = makeTimeout(new Timeout(effect))
  emitTimer(
    new TimeoutEffect(
      effect,
      dueIn(millis),
      callback as TimeoutEffect["callback"],
      args,
      timeout,
      vm.executing
    )
  )
  return timeout
}

export const clearTimeout = (given: unknown): void => {
  const timeout = timeouts.get(given)
  const effect = timeout?.effect ?? (typeof given === "number" ? given : undefined)
  if (effect === undefined || !(running.pending.get(effect) instanceof TimeoutEffect)) return
  drop(effect)
}

export const drop = (effect: number): void => {
  running.pending.delete(effect)
  running.emit({ kind: "drop", effect })
}

/** A timer is due. */
export const fire = (effect: SleepEffect | TimeoutEffect): void => {
  if (effect instanceof SleepEffect) settle(effect.promise, FULFILLED, undefined)
  else Reflect.apply(effect.callback, effect.timeout, effect.args)
}
