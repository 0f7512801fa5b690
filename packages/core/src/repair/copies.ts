/**
 * Makes new instances of finished ones.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { encodeJson } from "../dispatcher/EventCodec.ts"
import { type Entropy, seed as newSeed, uuidNow } from "../entropy/Entropy.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import type { Queue, StoredEvent } from "../queue/Queue.ts"
import type { Repaired, RepairError, RepairOptions, Repairs } from "./Repaired.ts"
import {
  beginningOf,
  came,
  closed,
  noteOf,
  refuse,
  type Stepping,
  type Subject,
  type Subjects
} from "./Subjects.ts"

export const make = (
  queue: Queue["Type"],
  entropy: Entropy["Type"],
  { look, open }: Subjects,
  stepping: Stepping
): Pick<Repairs, "fork" | "rerun"> => {
  const newId = uuidNow(entropy)

  /** Another instance is made of this one, and its history says so. */
  const into = (
    one: Subject,
    options: RepairOptions,
    born: {
      readonly id: string
      readonly program: string
      readonly seed: string
      readonly entry: string | null
      readonly startedAt: number | null
      readonly events: ReadonlyArray<StoredEvent>
    }
  ): Effect.Effect<Repaired, RepairError> =>
    Effect.gen(function*() {
      const { events, record, verb } = one
      const { id, input, memo, name, priority, tags } = record
      const at = events.reduce((most, event) => Math.max(most, event.at), record.startedAt ?? 0)
      if (options.dryRun !== true) {
        const isDone = yield* queue.fork({
          request: {
            id: born.id,
            name,
            program: born.program,
            input,
            seed: born.seed,
            ...(priority === 0 ? {} : { priority }),
            ...(tags.length === 0 ? {} : { tags }),
            ...(memo === null ? {} : { memo })
          },
          entry: born.entry,
          startedAt: born.startedAt,
          events: born.events,
          origin: {
            id,
            repairId: yield* newId,
            expectedSeq: events.length,
            event: {
              seq: events.length + 1,
              kind: "repaired",
              effect: 0,
              at: Math.max(at, yield* Clock.currentTimeMillis),
              payload: encodeJson({ ...noteOf(verb, options), into: born.id }),
              machine: MACHINE_VERSION,
              digest: 0
            }
          }
        })
        yield* came(verb, id, isDone)
      }
      const to = options.dryRun === true ? null : born.id
      return { id, verb, effect: 0, what: null, from: null, into: to, children: [] }
    })

  return {
    fork: (id, options) =>
      Effect.gen(function*() {
        const one = yield* Effect.flatMap(open("fork", id), closed)
        const { begun, events, machine, record } = one
        const { entry } = begun
        const { program, startedAt } = record
        const made = { id: yield* newId, seed: newSeed(entropy) }
        if (options.at === 0) {
          return yield* into(one, options, { ...made, program, entry, startedAt: null, events: [] })
        }
        const { forkAt } = yield* stepping
        const note = noteOf("fork", options)
        const now = yield* Clock.currentTimeMillis
        // Stepped under the id that it will have: what it starts is named after it.
        const forked = forkAt(machine, beginningOf(one), events, options.at, { ...made, note, now })
        if ("refused" in forked) return yield* refuse("fork", id, forked.refused)
        return yield* into(one, options, {
          ...made,
          program,
          entry,
          startedAt,
          // The beginning that both have in common draws the same random numbers.
          seed: begun.seed,
          events: forked.events
        })
      }),
    rerun: (id, options = {}) =>
      Effect.gen(function*() {
        const one = yield* Effect.flatMap(look("rerun", id), closed)
        const { begun, record } = one
        const newest = yield* queue.newestProgram(record.name)
        return yield* into(one, options, {
          id: yield* newId,
          seed: newSeed(entropy),
          // A child runs inside the program of its parent, unless it has one of its own.
          program: Option.getOrElse(newest, () => record.program),
          entry: Option.isSome(newest) ? null : begun.entry,
          startedAt: null,
          events: []
        })
      })
  }
}
