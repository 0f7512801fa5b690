/**
 * The payloads of stored events, and what a snapshot keeps beside the machine's state.
 *
 * Values are encoded text already and are not wrapped in JSON a second time: an outcome is
 * `+value`, or `-attempts:error` with the attempts left out for calls without a retry policy.
 *
 * @since 0.1.0
 */
import type { Outcome } from "../machine/Model.ts"

export const encodeOutcome = (outcome: Outcome): string =>
  outcome.ok ? `+${outcome.value}` : `-${outcome.attempts ?? ""}:${outcome.error}`

export const decodeOutcome = (payload: string): Outcome => {
  if (payload.startsWith("+")) return { ok: true, value: payload.slice(1) }
  const colon = payload.indexOf(":")
  const error = payload.slice(colon + 1)
  return colon === 1
    ? { ok: false, error }
    : { ok: false, error, attempts: Number(payload.slice(1, colon)) }
}

/** A signal: its channel on a line of JSON, then the encoded value. */
export const encodeSignal = (channel: string, value: string): string =>
  `${JSON.stringify(channel)}\n${value}`

export const decodeSignal = (
  payload: string
): { readonly channel: string; readonly value: string } => {
  const end = payload.indexOf("\n")
  return { channel: JSON.parse(payload.slice(0, end)) as string, value: payload.slice(end + 1) }
}

/** An execution that ended without settling its call, and when the next one may start. */
export interface AttemptPayload {
  readonly kind: "failed" | "timeout"
  /** Failed or timed-out executions of this kind so far, this one included. */
  readonly count: number
  readonly retryAt: number
  /** The encoded error; absent for a timeout. */
  readonly error?: string
  /** Of a timeout: a heartbeat was missed. */
  readonly missed?: true
  /** Encoded details of the last heartbeat, for the next execution. */
  readonly details?: string
}

/** A failed execution on which the program's own predicates had a say. */
export interface FailedPayload {
  readonly count: number
  /** Null when the call is settled with the error. */
  readonly retryAt: number | null
  readonly error: string
  readonly details?: string
}

/** An execution of which nobody knows the end. */
export interface LostPayload {
  readonly count: number
  readonly retryAt: number
  readonly reason: string
  /** Losses that it may have caused, and those that it alone may have, if there are any. */
  readonly deaths?: number
  readonly crashes?: number
  readonly details?: string
}

type JsonPayload = AttemptPayload | FailedPayload | LostPayload | RepairPayload

export const encodeJson = (payload: JsonPayload): string => JSON.stringify(payload)

export const decodeFailed = (payload: string): FailedPayload => JSON.parse(payload)

export const decodeAttempt = (payload: string): AttemptPayload => JSON.parse(payload)

export const decodeLost = (payload: string): LostPayload => JSON.parse(payload)

export type RepairVerb = "retry" | "skip" | "patch" | "fork" | "rerun"

/** Who repairs, and why. */
export interface RepairNote {
  readonly verb: RepairVerb
  readonly actor: string | null
  readonly reason: string | null
}

/** Of a `repaired` event. */
export interface RepairPayload extends RepairNote {
  /** Events from this one up to the repair are void; absent for a mere note. */
  readonly back?: {
    readonly from: number
    /** As in the machine's event. */
    readonly floor: number
    readonly seed: string
    readonly again: ReadonlyArray<number>
  }
  /** The instance that was made of this one. */
  readonly into?: string
  /** The instance that this one was made of, and the last event that is the same. */
  readonly origin?: { readonly id: string; readonly seq: number }
}

export const decodeRepair = (payload: string): RepairPayload => JSON.parse(payload)

/** Of a `patched` event: who gave the outcome on a line of JSON, then the outcome. */
export const encodePatch = (note: string, outcome: Outcome): string =>
  `${note}\n${encodeOutcome(outcome)}`

export const decodePatch = (
  payload: string
): { readonly note: RepairNote; readonly outcome: Outcome } => {
  const end = payload.indexOf("\n")
  return {
    note: JSON.parse(payload.slice(0, end)) as RepairNote,
    outcome: decodeOutcome(payload.slice(end + 1))
  }
}

/** Events that later repairs have made void, by `seq`. */
export const voidedBy = (
  events: Iterable<{
    readonly seq: number
    readonly kind: string
    readonly payload: string | null
  }>
): ReadonlySet<number> => {
  const voided = new Set<number>()
  for (const { kind, payload, seq } of events) {
    if (kind !== "repaired") continue
    const from = decodeRepair(payload!).back?.from ?? seq
    for (let gone = from; gone < seq; gone++) voided.add(gone)
  }
  return voided
}

/** The counts of a call that is pending in a snapshot. */
export interface CallRecord {
  readonly effect: number
  readonly startedAt: number
  readonly attempts: number
  readonly timeouts: number
  readonly losses: number
  readonly deaths?: number
  readonly crashes?: number
  readonly retryAt: number | null
  readonly details?: string
  readonly issued: boolean
}

/** Of the line before the machine's text, which has a format of its own. */
export const SNAPSHOT_FORMAT = 1

export interface SnapshotHead {
  readonly format: number
  readonly lastStepAt: number
  /** Calls that were given out, or wait to run again; the others are as they were asked for. */
  readonly calls: ReadonlyArray<CallRecord>
  /** From which effect on the others were asked for at which time. */
  readonly fresh: ReadonlyArray<readonly [effect: number, at: number]>
  /** The owner kept the instance: it may have given out more since. */
  readonly kept: boolean
}

/** One line of JSON, then the machine's own text. */
export const encodeSnapshot = (head: SnapshotHead, machine: string): string =>
  `${JSON.stringify(head)}\n${machine}`

export const decodeSnapshot = (
  body: string
): { readonly head: SnapshotHead; readonly machine: string } => {
  const end = body.indexOf("\n")
  return { head: JSON.parse(body.slice(0, end)), machine: body.slice(end + 1) }
}
