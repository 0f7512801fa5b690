/**
 * Puts closed instances back to where a call of theirs had not ended yet.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { encodeJson, encodeOutcome } from "../dispatcher/EventCodec.ts"
import { type Entropy, seed as newSeed, uuidNow } from "../entropy/Entropy.ts"
import type { Outcome } from "../machine/Model.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import type { Message, Queue, Repair } from "../queue/Queue.ts"
import type { CallOptions, Repaired, RepairError } from "./Repaired.ts"
import {
  beginningOf,
  came,
  type Case,
  closed,
  noteOf,
  refuse,
  type Stepping,
  type Subjects
} from "./Subjects.ts"

/** Deep enough for any family; one that starts itself without end is none. */
const GENERATIONS = 50

/** What the call that it goes back to is given in place of another execution. */
export interface Given {
  readonly outcome: Outcome
}

export type GoBack = (
  one: Case,
  options: CallOptions,
  given?: Given
) => Effect.Effect<Repaired, RepairError>

export const make = (
  queue: Queue["Type"],
  entropy: Entropy["Type"],
  { look, open }: Subjects,
  stepping: Stepping
): GoBack => {
  const newId = uuidNow(entropy)

  /** The repair of one instance, after those of its ancestors and before those of its children. */
  const plan = (
    one: Case,
    options: CallOptions,
    given: Given | undefined,
    generation: number
  ): Effect.Effect<
    { readonly repairs: ReadonlyArray<Repair>; readonly repaired: Repaired },
    RepairError
  > =>
    Effect.gen(function*() {
      const { turnBack } = yield* stepping
      const { events, machine, record, verb } = yield* closed(one)
      const { id } = record
      if (generation > GENERATIONS) {
        return yield* refuse(verb, id, `it has more than ${GENERATIONS} ancestors in this repair`)
      }
      const turn = turnBack(machine, beginningOf(one), events, options.effect)
      if ("refused" in turn) return yield* refuse(verb, id, turn.refused)

      const note = noteOf(verb, options)
      const tell = (
        kind: "outcome" | "signal",
        effect: number,
        name: string | null,
        payload: string
      ) =>
        Effect.map(newId, (messageId): Message => ({
          id: messageId,
          instanceId: id,
          kind,
          effect,
          name,
          payload
        }))
      const messages: Array<Message> = []
      const repairs: Array<Repair> = []
      const children: Array<string> = []
      if (given !== undefined) {
        const payload = encodeOutcome(given.outcome)
        messages.push(yield* tell("outcome", turn.effect, JSON.stringify(note), payload))
      }
      for (const { effect, kind, name, payload } of turn.kept) {
        messages.push(yield* tell(kind, effect, name, payload))
      }
      for (const child of turn.children) {
        if (given !== undefined && child.effect === turn.effect) continue
        const { record: its } = yield* look("retry", child.id)
        if (its.outcome === null) continue
        if (its.outcome.ok) {
          messages.push(yield* tell("outcome", child.effect, null, encodeOutcome(its.outcome)))
          continue
        }
        const { effect: _, ...rest } = options
        const inner = yield* plan(yield* open("retry", child.id), rest, undefined, generation + 1)
        repairs.push(...inner.repairs)
        children.push(child.id, ...inner.repaired.children)
      }
      const again = turn.again.filter((effect) => given === undefined || effect !== turn.effect)
      const at = Math.max(turn.at, yield* Clock.currentTimeMillis)
      const seed = newSeed(entropy)
      const { effect, floor, from, what } = turn
      const repair: Repair = {
        id,
        repairId: yield* newId,
        expectedSeq: events.length,
        event: {
          seq: events.length + 1,
          kind: "repaired",
          effect,
          at,
          payload: encodeJson({ ...note, back: { from, floor, seed, again } }),
          machine: MACHINE_VERSION,
          digest: turn.digest(at, seed, again)
        },
        messages
      }
      return {
        repairs: [repair, ...repairs],
        repaired: { id, verb, effect, what, from, into: null, children }
      }
    })

  return (one, options, given) =>
    Effect.gen(function*() {
      const { repaired, repairs } = yield* plan(one, options, given, 0)
      if (options.dryRun !== true) {
        yield* came(one.verb, one.record.id, yield* queue.repair(repairs))
      }
      return repaired
    })
}
