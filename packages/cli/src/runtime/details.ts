/**
 * An instance as plain JSON, for `--json`.
 *
 * @since 0.1.0
 */
import type { CallCounts } from "@rappel/core/client/callCounts"
import {
  decodeAttempt,
  decodeFailed,
  decodeLost,
  decodeOutcome,
  decodePatch,
  decodeRepair,
  decodeSignal
} from "@rappel/core/dispatcher/EventCodec"
import type { Outcome } from "@rappel/core/machine/Model"
import type { InstanceRecord, StoredEvent } from "@rappel/core/queue/Queue"
import { describeError, toPlainJson } from "@rappel/core/value/Value"

const at = (millis: number | null): string | null =>
  millis === null ? null : new Date(millis).toISOString()

/** Times as ISO text, values as `JSON.stringify` shows them. */
export const detailsOf = (record: InstanceRecord) => ({
  id: record.id,
  workflow: record.name,
  status: record.status,
  ...(record.aside === null ? {} : { aside: record.aside }),
  key: record.key,
  ...(record.parent === null ? {} : { parent: record.parent }),
  ...(record.origin === null ? {} : { origin: record.origin }),
  program: record.program,
  ...(record.tags.length === 0 ? {} : { tags: record.tags }),
  ...(record.memo === null ? {} : { memo: JSON.parse(record.memo) as unknown }),
  ...(record.priority === 0 ? {} : { priority: record.priority }),
  ...(record.deadlineAt === null ? {} : { deadlineAt: at(record.deadlineAt) }),
  ...(record.schedule === null ? {} : { schedule: record.schedule, tickAt: at(record.tickAt) }),
  input: toPlainJson(record.input),
  createdAt: at(record.createdAt),
  startedAt: at(record.startedAt),
  finishedAt: at(record.finishedAt),
  ...(record.outcome === null
    ? {}
    : record.outcome.ok
    ? { result: toPlainJson(record.outcome.value) }
    : { error: describeError(record.outcome.error) })
})

/** The counts of a call, with the time as ISO text. */
export const callOf = ({ retryAt, ...counts }: CallCounts) => ({
  ...counts,
  ...(retryAt === null ? {} : { retryAt: at(retryAt) })
})

/** What happened in an event, without its encoding. */
export const eventOf = ({ at: millis, effect, kind, payload, seq }: StoredEvent) => ({
  seq,
  kind,
  effect,
  at: at(millis),
  ...dataOf({ kind, payload })
})

const endOf = (outcome: Outcome): object =>
  outcome.ok
    ? { result: toPlainJson(outcome.value) }
    : { error: describeError(outcome.error) }

/** What an event says beside its place and time. */
export const dataOf = (
  { kind, payload }: Pick<StoredEvent, "kind" | "payload">
): object => {
  if (payload === null) return {}
  if (kind === "settled") return endOf(decodeOutcome(payload))
  if (kind === "patched") {
    const { note, outcome } = decodePatch(payload)
    return { ...note, ...endOf(outcome) }
  }
  if (kind === "repaired") {
    const { back, ...repair } = decodeRepair(payload)
    // How it is stepped is for nobody to read, and its seed is a secret.
    return back === undefined ? repair : { ...repair, voidFrom: back.from }
  }
  if (kind === "attempt") {
    const { error, ...attempt } = decodeAttempt(payload)
    return error === undefined ? attempt : { ...attempt, error: describeError(error) }
  }
  if (kind === "failed") {
    const { error, ...failed } = decodeFailed(payload)
    return { ...failed, error: describeError(error) }
  }
  if (kind === "heartbeat") return { details: toPlainJson(payload) }
  if (kind === "received") {
    const { channel, value } = decodeSignal(payload)
    return { channel, value: toPlainJson(value) }
  }
  if (kind === "cancelled" || kind === "terminated") return { reason: payload }
  return kind === "lost" ? decodeLost(payload) : {}
}
