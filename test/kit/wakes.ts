/** What a queue's listener hears, one after the other. */
import { Queue, type Wake } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as EffectQueue from "effect/Queue"
import type * as Scope from "effect/Scope"

export const wakes: Effect.Effect<EffectQueue.Dequeue<Wake>, never, Queue | Scope.Scope> = Effect
  .gen(function*() {
    const { listen } = yield* Queue
    const heard = yield* EffectQueue.unbounded<Wake>()
    yield* listen((wake) => EffectQueue.unsafeOffer(heard, wake))
    return heard
  })
