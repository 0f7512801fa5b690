/**
 * Where a failed instance goes back to, and what of its history stays true there: pure.
 *
 * It goes back to just before the outcome of a call. What was recorded after that is void, but
 * not lost: outcomes of other calls that were under way then, and signals, are told again.
 *
 * @since 0.1.0
 */
import { digestOf } from "../dispatcher/digest.ts"
import {
  decodeFailed,
  decodeOutcome,
  decodePatch,
  decodeSignal,
  voidedBy
} from "../dispatcher/EventCodec.ts"
import type { Machine, Outcome, PendingEffect } from "../machine/Model.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { type Beginning, type Difference, type Stepped, steps } from "../replay/steps.ts"

/** An outcome or a signal that is told again. */
export interface Kept {
  readonly kind: "outcome" | "signal"
  readonly effect: number
  readonly name: string | null
  readonly payload: string
}

export interface Turn {
  /** The outcome that it goes back to. */
  readonly from: number
  readonly effect: number
  /** The action of the call, or the workflow of the child. */
  readonly what: string
  readonly kept: ReadonlyArray<Kept>
  /** Pending calls without an outcome that stays. */
  readonly again: ReadonlyArray<number>
  /** Children that are awaited there, without an outcome that stays. */
  readonly children: ReadonlyArray<{ readonly effect: number; readonly id: string }>
  /** The highest effect that was ever emitted. */
  readonly floor: number
  /** The last step time. */
  readonly at: number
  /** The digest of the step that goes back, for `again`. */
  readonly digest: (at: number, seed: string, again: ReadonlyArray<number>) => number
}

export type Refusal = { readonly refused: string }

export const differs = ({ reason, seq }: Difference): string =>
  `stepped by this release, event ${seq} no longer leads where it led (${reason}). ` +
  "Use the release that recorded it"

/** The outcome that an event gave to an effect. */
export const outcomeIn = ({ kind, payload }: StoredEvent): Outcome | undefined => {
  if (kind === "settled") return decodeOutcome(payload!)
  if (kind === "patched") return decodePatch(payload!).outcome
  if (kind !== "failed") return undefined
  const { count, error, retryAt } = decodeFailed(payload!)
  return retryAt === null ? { ok: false, error, attempts: count } : undefined
}

/**
 * The outcome to go back to: of the effect that is named, else the last failure before the
 * result was fixed. What fails later, in the background, changed nothing.
 */
const targetIn = (
  events: ReadonlyArray<StoredEvent>,
  effect: number | undefined,
  fixedAt: number
): StoredEvent | undefined =>
  events.findLast((event) => {
    const outcome = outcomeIn(event)
    if (outcome === undefined) return false
    return effect === undefined ? !outcome.ok && event.seq <= fixedAt : event.effect === effect
  })

const last = (all: Iterable<Stepped>): Stepped => {
  let one: Stepped | undefined
  for (const stepped of all) one = stepped
  return one!
}

/**
 * The whole history, and which of its events fixed the result: 0 for the first step, infinite
 * for one whose own code did not (it was terminated).
 */
const wholeOf = (all: Iterable<Stepped>): Stepped & { readonly fixedAt: number } => {
  let fixedAt = Infinity
  let one: Stepped | undefined
  for (const stepped of all) {
    one = stepped
    if (stepped.commands.some(({ kind }) => kind === "complete")) fixedAt = stepped.event?.seq ?? 0
  }
  return { ...one!, fixedAt }
}

const keptOf = (event: StoredEvent, isPending: (effect: number) => boolean): Kept | undefined => {
  if (event.kind === "received") {
    const { channel, value } = decodeSignal(event.payload!)
    return { kind: "signal", effect: 0, name: channel, payload: value }
  }
  if (outcomeIn(event)?.ok !== true || !isPending(event.effect)) return undefined
  const { effect, kind } = event
  const payload = event.payload!
  if (kind === "settled") return { kind: "outcome", effect, name: null, payload }
  const end = payload.indexOf("\n")
  return { kind: "outcome", effect, name: payload.slice(0, end), payload: payload.slice(end + 1) }
}

const whatOf = (effect: PendingEffect): string =>
  effect.kind === "call" ? effect.action : effect.kind === "child" ? effect.name : effect.kind

/** **Errors** None: what stands in the way is an answer. */
export const turnBack = (
  machine: Machine,
  beginning: Beginning,
  events: ReadonlyArray<StoredEvent>,
  effect: number | undefined
): Turn | Refusal => {
  const whole = wholeOf(steps(machine, beginning, events))
  if (whole.difference !== undefined) return { refused: differs(whole.difference) }
  const voided = voidedBy(events)
  const valid = events.filter(({ seq }) => !voided.has(seq))
  const target = targetIn(valid, effect, whole.fixedAt)
  if (target === undefined) {
    return {
      refused: effect === undefined
        ? "no call of it had failed when its own code did. Fork it, or run it again on a program " +
          "that is mended"
        : `effect ${effect} has no outcome in its history`
    }
  }
  const floor = whole.state.effects

  const before = events.slice(0, target.seq - 1)
  const { difference, state } = last(steps(machine, beginning, before))
  if (difference !== undefined) return { refused: differs(difference) }
  const pending = new Map(state.pending)
  const after = valid.filter(({ seq }) => seq > target.seq)
  const kept = after.flatMap((event) => keptOf(event, (number) => pending.has(number)) ?? [])
  const isKept = new Set(kept.map((one) => one.effect))
  const open = Array.from(pending.values()).filter((one) => !isKept.has(one.effect))
  return {
    from: target.seq,
    effect: target.effect,
    what: whatOf(pending.get(target.effect)!),
    kept,
    again: open.flatMap((one) => one.kind === "call" ? [one.effect] : []),
    children: open.flatMap((one) =>
      one.kind === "child" ? [{ effect: one.effect, id: one.id }] : []
    ),
    floor,
    at: events.reduce((most, event) => Math.max(most, event.at), beginning.startedAt),
    digest: (at, seed, again) =>
      digestOf(machine.apply(state, { kind: "repaired", at, floor, seed, again }).commands)
  }
}
