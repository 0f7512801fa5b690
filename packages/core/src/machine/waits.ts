/**
 * Waits of a workflow for what comes from outside (signals), or comes true (conditions).
 *
 * Signals that nobody waits for are kept in the state, by channel, in the order of their
 * events.
 *
 * @since 0.1.0
 */
import { toMillis } from "../duration/Duration.ts"
import { decodeValue, encodeError, encodeValue } from "../value/Value.ts"
import { WaitTimeout } from "../workflow/errors.ts"
import { dueIn, emitTimer } from "./effects.ts"
import { hidden } from "./hidden.ts"
import type { Instance } from "./Instance.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import {
  FULFILLED,
  isPromise,
  type MachinePromise,
  newPromise,
  REJECTED,
  settle
} from "./promises.ts"
import { running } from "./running.ts"
import { caught, framesOfAwaiter, stampWith } from "./stack.ts"
import { valueHost } from "./valueHost.ts"

/** A pending `waitFor`. */
export class WaitEffect {
  get kind() {
    return "wait" as const
  }

  readonly effect: number
  readonly channel: string
  /** The sender awaits an answer. */
  readonly replies: boolean
  readonly promise: MachinePromise
  /** The effect of its timer; 0 for none. */
  timer: number

  constructor(effect: number, { name, replies }: Channel, promise: MachinePromise) {
    this.effect = effect
    this.channel = name
    this.replies = replies
    this.promise = promise
    this.timer = 0
  }
}

/** A pending `until`. */
export class UntilEffect {
  get kind() {
    return "until" as const
  }

  readonly effect: number
  readonly predicate: () => unknown
  readonly promise: MachinePromise
  timer: number

  constructor(effect: number, predicate: () => unknown, promise: MachinePromise) {
    this.effect = effect
    this.predicate = predicate
    this.promise = promise
    this.timer = 0
  }
}

/** The `timeout` of a wait. */
export class WaitTimer {
  get kind() {
    return "timer" as const
  }

  readonly effect: number
  readonly dueAt: number
  /** The effect of the wait. */
  readonly wait: number

  constructor(effect: number, dueAt: number, wait: number) {
    this.effect = effect
    this.dueAt = dueAt
    this.wait = wait
  }
}

/** A signal in the state that nobody has taken yet; its value is still text. */
export interface Kept {
  readonly value: string
  readonly message: string
}

// ---- channels

export class Channel {
  readonly name: string
  /** Senders await an answer. */
  readonly replies: boolean

  constructor(name: string, replies: boolean) {
    this.name = name
    this.replies = replies
  }
}

export const channels = hidden<Channel>()

export const CHANNEL_PROTOTYPE: object = Object.freeze(
  Object.create(Object.prototype, {
    [Symbol.toStringTag]: { value: "Signal" }
  }) as object
)

/** One object per channel and instance. */
export const channelOf = (name: string, replies: boolean): object => {
  const key = `${replies ? "?" : "!"}${name}`
  let object = running.channels.get(key)
  if (object === undefined) {
    object = Object.create(CHANNEL_PROTOTYPE, { name: { value: name, enumerable: true } }) as object
    channels.set(object, new Channel(name, replies))
    running.channels.set(key, Object.freeze(object))
  }
  return object
}

const declare = (what: string, replies: boolean) => (name: unknown): object => {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`${what}(name) takes a name that is not empty`)
  }
  return channelOf(name, replies)
}

export const signal = declare("signal", false)
export const update = declare("update", true)

// ---- requests

/** What a workflow answers: the sender's message. */
export class RequestRecord {
  readonly message: string
  isAnswered: boolean

  constructor(message: string) {
    this.message = message
    this.isAnswered = false
  }
}

export const requests = hidden<RequestRecord>()

const answer = (
  request: unknown,
  reply: () => { ok: true; value: string } | {
    ok: false
    error: string
  }
): void => {
  const record = requests.get(request)
  if (record === undefined) throw new TypeError("reply and reject are methods of requests")
  if (record.isAnswered) throw new Error("The request was answered before")
  const outcome = reply()
  record.isAnswered = true
  running.emit({ kind: "reply", message: record.message, outcome })
}

export const REQUEST_PROTOTYPE: object = Object.create(Object.prototype) as object
defineMethods(REQUEST_PROTOTYPE, {
  reply(this: unknown, result: unknown): void {
    answer(this, () => ({ ok: true, value: encodeValue(result, valueHost) }))
  },
  reject(this: unknown, error: unknown): void {
    answer(this, () => ({ ok: false, error: encodeError(error, valueHost) }))
  }
})
Object.freeze(REQUEST_PROTOTYPE)

export const requestOf = (record: RequestRecord, value: unknown): object => {
  const object = Object.create(REQUEST_PROTOTYPE, {
    value: { value, enumerable: true, writable: true, configurable: true }
  }) as object
  requests.set(object, record)
  return object
}

const taken = ({ message, value }: Kept, replies: boolean): unknown => {
  const decoded = decodeValue(value, valueHost)
  return replies ? requestOf(new RequestRecord(message), decoded) : decoded
}

// ---- waiting

const timeoutOf = (options: unknown): number | undefined => {
  if (options === undefined || options === null) return undefined
  const { timeout } = options as { readonly timeout?: unknown }
  return timeout === undefined ? undefined : toMillis(timeout)
}

const arm = (wait: WaitEffect | UntilEffect, millis: number | undefined): void => {
  if (millis === undefined) return
  const timer = new WaitTimer(++running.effects, dueIn(millis), wait.effect)
  wait.timer = timer.effect
  emitTimer(timer)
}

export const waitFor = (given: unknown, options?: unknown): MachinePromise => {
  const channel = channels.get(given)
  if (channel === undefined) {
    throw new TypeError("waitFor(channel) takes what signal(name) or update(name) made")
  }
  const millis = timeoutOf(options)
  const vm = running
  const promise = newPromise()
  const kept = vm.kept.get(channel.name)
  if (kept !== undefined) {
    const first = kept.shift()!
    if (kept.length === 0) vm.kept.delete(channel.name)
    deliver(promise, first, channel.replies)
    return promise
  }
  const wait = new WaitEffect(++vm.effects, channel, promise)
  vm.pending.set(wait.effect, wait)
  vm.emit({ kind: "wait", effect: wait.effect, channel: channel.name })
  arm(wait, millis)
  return promise
}

const deliver = (promise: MachinePromise, kept: Kept, replies: boolean): void => {
  try {
    settle(promise, FULFILLED, taken(kept, replies))
  } catch (error) {
    // A value of a class that the program does not have.
    settle(promise, REJECTED, caught(null, error))
  }
}

/** A signal came: for the wait that is first in line, or to be kept. */
export const receive = (state: Instance, channel: string, signal: Kept): void => {
  for (const effect of state.pending.values()) {
    if (!(effect instanceof WaitEffect) || effect.channel !== channel) continue
    endWait(state, effect)
    deliver(effect.promise, signal, effect.replies)
    return
  }
  const kept = state.kept.get(channel)
  if (kept === undefined) state.kept.set(channel, [signal])
  else kept.push(signal)
}

/** Takes a wait and its timer out of what is pending. */
export const endWait = (state: Instance, wait: WaitEffect | UntilEffect): void => {
  state.pending.delete(wait.effect)
  if (wait instanceof UntilEffect) state.conditions.delete(wait)
  if (wait.timer === 0) return
  state.pending.delete(wait.timer)
  state.emit({ kind: "drop", effect: wait.timer })
}

/** The time of a wait is over. */
export const timeOutWait = (state: Instance, timer: WaitTimer): void => {
  const wait = state.pending.get(timer.wait)
  if (!(wait instanceof WaitEffect) && !(wait instanceof UntilEffect)) return
  wait.timer = 0
  endWait(state, wait)
  const error = new WaitTimeout(wait instanceof WaitEffect ? wait.channel : null)
  stampWith(error, framesOfAwaiter(wait.promise))
  settle(wait.promise, REJECTED, error)
}

// ---- conditions

export const until = (predicate: unknown, options?: unknown): MachinePromise => {
  if (typeof predicate !== "function") {
    throw new TypeError("until(predicate) takes a function that tells whether it is time")
  }
  const millis = timeoutOf(options)
  const vm = running
  const promise = newPromise()
  const isTrue = predicate as () => unknown
  const { frame } = vm
  try {
    if (holds(vm, isTrue)) {
      settle(promise, FULFILLED, undefined)
      return promise
    }
  } catch (error) {
    settle(promise, REJECTED, caught(frame, error))
    return promise
  }
  const wait = new UntilEffect(++vm.effects, isTrue, promise)
  vm.pending.set(wait.effect, wait)
  vm.conditions.add(wait)
  arm(wait, millis)
  return promise
}

const holds = (vm: Instance, predicate: () => unknown): boolean => {
  const { effects } = vm
  const answer = predicate()
  if (vm.effects !== effects || isPromise(answer)) {
    throw new TypeError(
      "The predicate of until(...) only reads: it must answer at once, and call no action and no wait"
    )
  }
  return Boolean(answer)
}

/** Asks all conditions again, in the order of their waits; true when one has come true. */
export const checkConditions = (state: Instance): boolean => {
  let moved = false
  for (const wait of Array.from(state.conditions)) {
    state.frame = null
    try {
      if (!holds(state, wait.predicate)) continue
      settle(wait.promise, FULFILLED, undefined)
    } catch (error) {
      settle(wait.promise, REJECTED, caught(null, error))
    }
    endWait(state, wait)
    moved = true
  }
  return moved
}

/** Shows a value to whoever looks at the instance. */
export const publish = (name: unknown, value: unknown): void => {
  if (typeof name !== "string" || name === "") {
    throw new TypeError("publish(name, value) takes a name that is not empty")
  }
  running.emit({ kind: "publish", name, value: encodeValue(value, valueHost) })
}
