/**
 * Repairs instances: a failed one goes on from its failed call, or a new one is made of a
 * finished one.
 *
 * Whoever repairs steps the history of the instance, finds the place to go back to, and stores
 * one event that says so, together with all that is told again there. From then on the instance
 * is due as any other. Nothing that was recorded is removed: what is void stays in the history.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { hostOfArguments } from "../client/classes.ts"
import { ArgumentsNotStorable } from "../client/ClientError.ts"
import { Entropy } from "../entropy/Entropy.ts"
import type { Outcome } from "../machine/Model.ts"
import { Queue } from "../queue/Queue.ts"
import { within } from "../value/limits.ts"
import { encodeError, encodeValue } from "../value/Value.ts"
import * as Copies from "./copies.ts"
import * as GoBack from "./goBack.ts"
import type { CallOptions, Repairs } from "./Repaired.ts"
import * as Subjects from "./Subjects.ts"
import * as TellLive from "./tellLive.ts"

/** With what steps histories at hand; a program that may never repair anything uses `make`. */
export const makeWith = (
  stepping: Subjects.Stepping
): Effect.Effect<Repairs, never, Queue> =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const entropy = yield* Entropy
    const subjects = Subjects.make(queue, stepping)
    const { open } = subjects
    const goBack = GoBack.make(queue, entropy, subjects, stepping)
    const tellLive = TellLive.make(queue, entropy, stepping)

    const give = (verb: "skip" | "patch", id: string, options: CallOptions, outcome: Outcome) =>
      Effect.flatMap(
        open(verb, id),
        (one) =>
          one.record.outcome === null && one.record.status !== "aside"
            ? tellLive(one, options, outcome)
            : goBack(one, options, { outcome })
      )

    const encoded = (id: string, encode: () => string) =>
      Effect.try({
        try: () => within("The value", encode()),
        catch: (cause) => new ArgumentsNotStorable({ workflow: `of instance ${id}`, cause })
      })

    return {
      retry: (id, options = {}) => Effect.flatMap(open("retry", id), (one) => goBack(one, options)),
      skip: (id, value, options = {}) =>
        Effect.flatMap(
          encoded(id, () => encodeValue(value, hostOfArguments)),
          (text) => give("skip", id, options, { ok: true, value: text })
        ),
      patch: (id, effect, outcome, options = {}) =>
        Effect.flatMap(
          encoded(id, () =>
            "error" in outcome
              ? encodeError(outcome.error, hostOfArguments)
              : encodeValue(outcome.value, hostOfArguments)),
          (text) =>
            give(
              "patch",
              id,
              { ...options, effect },
              "error" in outcome ? { ok: false, error: text } : { ok: true, value: text }
            )
        ),
      ...Copies.make(queue, entropy, subjects, stepping)
    }
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Repairs, never, Queue> = makeWith(
  Effect.promise(() => import("./stepping.ts"))
)
