/**
 * Gives an outcome to a call that a live instance waits for: first in its log wins.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { encodeOutcome } from "../dispatcher/EventCodec.ts"
import { type Entropy, uuidNow } from "../entropy/Entropy.ts"
import type { Outcome, PendingEffect } from "../machine/Model.ts"
import type { Queue } from "../queue/Queue.ts"
import type { CallOptions, Repaired, RepairError } from "./Repaired.ts"
import { beginningOf, came, type Case, noteOf, refuse, type Stepping } from "./Subjects.ts"

export type TellLive = (
  one: Case,
  options: CallOptions,
  outcome: Outcome
) => Effect.Effect<Repaired, RepairError>

export const make = (
  queue: Queue["Type"],
  entropy: Entropy["Type"],
  stepping: Stepping
): TellLive =>
(one, options, outcome) =>
  Effect.gen(function*() {
    const { events, machine, record, verb } = one
    const { id } = record
    const { differs, steps } = yield* stepping
    if (record.startedAt === null) return yield* refuse(verb, id, "it has not begun")
    let pending: ReadonlyMap<number, PendingEffect> = new Map()
    for (const { difference, state } of steps(machine, beginningOf(one), events)) {
      if (difference !== undefined) {
        return yield* refuse(verb, id, differs(difference))
      }
      pending = state.pending
    }
    const asked = Array.from(pending.values()).flatMap((effect) =>
      effect.kind === "call"
        ? [{ effect: effect.effect, what: effect.action }]
        : effect.kind === "child"
        ? [{ effect: effect.effect, what: effect.name }]
        : []
    )
    const found = options.effect === undefined && asked.length === 1
      ? asked[0]
      : asked.find(({ effect }) => effect === options.effect)
    if (found === undefined) {
      const list = asked.map(({ effect, what }) => `${effect} (${what})`).join(", ")
      return yield* refuse(
        verb,
        id,
        asked.length === 0
          ? "it waits for no call and no child"
          : `it is live, and waits for these effects: ${list}. Name one of them`
      )
    }
    if (options.dryRun !== true) {
      const [delivery] = yield* queue.deliver([{
        id: yield* uuidNow(entropy),
        instanceId: id,
        kind: "outcome",
        effect: found.effect,
        name: JSON.stringify(noteOf(verb, options)),
        payload: encodeOutcome(outcome)
      }])
      yield* came(verb, id, delivery === "delivered")
    }
    return { id, verb, ...found, from: null, into: null, children: [] }
  })
