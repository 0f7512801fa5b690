/**
 * Who waits for a promise.
 *
 * @since 0.1.0
 */
import { machinePromiseOf } from "./capabilities.ts"
import type { Task } from "./Frame.ts"
import { nativeFunctions } from "./nativeFunctions.ts"
import { type MachinePromise, stateOf } from "./promises.ts"
import {
  type Aggregate,
  AwaitReaction,
  ElementReaction,
  type Reaction,
  ThenReaction
} from "./reactions.ts"

/** How far a chain of promises is followed to find who awaits it. */
const CHAIN = 20

/** The task that awaits a promise, directly or through others. */
export const awaiterOf = (promise: MachinePromise | undefined): Task | undefined => {
  let at = promise
  for (let link = 0; at !== undefined && link < CHAIN; link++) {
    const reaction: Reaction | undefined = stateOf(at).reactions[0]
    if (reaction instanceof AwaitReaction) return reaction.task
    at = reaction?.result
  }
  return undefined
}

/** A place in a `Promise.all` or the like. */
export interface Element {
  readonly aggregate: Aggregate
  readonly index: number
}

/**
 * Who waits for a promise, the nearest first, as V8 finds them for stacks: it goes on while
 * there is one who waits, and follows functions that settle a promise to that promise.
 *
 * Source: V8 11.3, src/execution/isolate.cc, `CaptureAsyncStackTrace`.
 */
export const waitersOf = (
  promise: MachinePromise | undefined,
  limit: number
): ReadonlyArray<Task | Element> => {
  const waiters: Array<Task | Element> = []
  let at = promise
  for (let link = 0; at !== undefined && waiters.length < limit && link < CHAIN; link++) {
    const { reactions } = stateOf(at)
    const reaction: Reaction | undefined = reactions.length === 1 ? reactions[0] : undefined
    if (reaction === undefined) break
    const waiter = reaction instanceof AwaitReaction ? reaction.task : elementOf(reaction)
    if (waiter !== undefined) {
      waiters.push(waiter)
      link = 0
    }
    at = reaction instanceof AwaitReaction
      ? reaction.task.driver?.awaited()
      : settledBy(reaction) ?? reaction.result
  }
  return waiters
}

/** The place that an outcome has; a `race` has none. */
const elementOf = (reaction: Reaction): Element | undefined => {
  const element = reaction instanceof ElementReaction
    ? reaction
    : reaction instanceof ThenReaction
    ? given("fulfilled", reaction.onFulfilled) ?? given("rejected", reaction.onRejected)
    : undefined
  return element?.aggregate.kind === "race" ? undefined : element
}

const given = (kind: "fulfilled" | "rejected", handler: unknown): Element | undefined => {
  const record = typeof handler === "function" ? nativeFunctions.get(handler) : undefined
  return record?.kind === kind ? record.data[0] as Element : undefined
}

/** The promise that a callback settles: `then(resolve)`, or that of an element. */
const settledBy = (reaction: Reaction): MachinePromise | undefined => {
  if (!(reaction instanceof ThenReaction)) return undefined
  const element = elementOf(reaction)
  if (element !== undefined) return machinePromiseOf(element.aggregate.target)
  const { onFulfilled } = reaction
  const record = typeof onFulfilled === "function" ? nativeFunctions.get(onFulfilled) : undefined
  if (record?.kind !== "resolve") return undefined
  return (record.data[0] as { readonly promise: MachinePromise }).promise
}
