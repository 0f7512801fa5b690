/**
 * A case of the queue's suite, and what cases work with.
 */
import { it } from "@effect/vitest"
import type { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

export * from "./samples.ts"

export type EmptyQueue = Layer.Layer<Queue, unknown>

/** A case on an empty queue, in real time: the clock of a database cannot be moved. */
export const test = <A, E>(
  name: string,
  queue: EmptyQueue,
  effect: Effect.Effect<A, E, Queue | Scope.Scope>
) => it.scopedLive(name, () => Effect.provide(effect, queue), 30_000)
