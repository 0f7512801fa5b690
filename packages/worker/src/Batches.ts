/**
 * Batches of calls and of reports, as the bodies of frames: the hot half of the protocol.
 *
 * A body is four bytes of length, so many of JSON with all that is short, and then the long
 * texts (arguments, outcomes) as they are, one after the other. They are JSON themselves, and
 * would be escaped and unescaped on the way otherwise, which costs more than all else here.
 *
 * @since 0.1.0
 */
import { isWellFormed } from "@rappel/core/value/isWellFormed"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import * as Frames from "./Frames.ts"
import type { ActionName, WorkerReport } from "./WorkerProtocol.ts"

/** Characters of long texts in one frame, if it has more than one row. */
const FRAME_LENGTH = 8 * 1024 * 1024

const HEAD_BYTES = 4

/**
 * What is short, and the texts. A text's length is negative when it had to be written as JSON, as
 * UTF-8 cannot carry halves of surrogate pairs.
 */
const encode = (short: unknown, texts: ReadonlyArray<string>): Buffer => {
  const sent: Array<string> = []
  const lengths: Array<number> = []
  let bytes = 0
  for (const text of texts) {
    const isPlain = isWellFormed(text)
    const written = isPlain ? text : JSON.stringify(text)
    const length = Buffer.byteLength(written)
    sent.push(written)
    lengths.push(isPlain ? length : -length)
    bytes += length
  }
  const head = JSON.stringify([short, lengths])
  const headBytes = Buffer.byteLength(head)
  const frame = Frames.allocate(Frames.Kind.batch, HEAD_BYTES + headBytes + bytes)
  frame.writeUInt32BE(headBytes, Frames.BODY)
  let at = Frames.BODY + HEAD_BYTES
  at += frame.write(head, at, "utf8")
  for (const text of sent) at += frame.write(text, at, "utf8")
  return frame
}

const decode = <Short>(body: Buffer): {
  readonly head: Short
  readonly texts: ReadonlyArray<string>
} => {
  let at = HEAD_BYTES + body.readUInt32BE(0)
  const [head, lengths] = JSON.parse(body.toString("utf8", HEAD_BYTES, at)) as [
    Short,
    ReadonlyArray<number>
  ]
  const texts = lengths.map((length) => {
    const end = at + Math.abs(length)
    const text = body.toString("utf8", at, end)
    at = end
    return length < 0 ? JSON.parse(text) as string : text
  })
  return { head, texts }
}

/** Frames of all rows in order, none much longer than `FRAME_LENGTH`. */
const framesOf = <A>(
  all: ReadonlyArray<A>,
  lengthOf: (one: A) => number,
  encodeSome: (some: ReadonlyArray<A>) => Buffer
): ReadonlyArray<Buffer> => {
  const frames: Array<Buffer> = []
  let first = 0
  let length = 0
  for (let i = 0; i < all.length; i++) {
    const more = lengthOf(all[i]!)
    if (i > first && length + more > FRAME_LENGTH) {
      frames.push(encodeSome(all.slice(first, i)))
      first = i
      length = 0
    }
    length += more
  }
  if (first < all.length) frames.push(encodeSome(first === 0 ? all : all.slice(first)))
  return frames
}

/** What few calls have. */
type Rare = Pick<CallRequest, "details" | "transactional" | "slot" | "alone">

/** A call beside its arguments; the action is one of those that the batch names. */
type CallRow = readonly [
  id: number,
  instanceId: string,
  effect: number,
  attempt: number,
  name: number,
  rare?: Rare
]

const rareOf = ({ alone, details, slot, transactional }: CallRequest): Rare | undefined =>
  alone === undefined && details === undefined && slot === undefined && transactional === undefined
    ? undefined
    : {
      ...(details === undefined ? {} : { details }),
      ...(transactional === undefined ? {} : { transactional }),
      ...(slot === undefined ? {} : { slot }),
      ...(alone === undefined ? {} : { alone })
    }

const isOf = (name: ActionName, { action, exportName, file, step }: ActionName): boolean =>
  name.action === action && name.file === file && name.exportName === exportName &&
  name.step === step

const encodeCalls = (calls: ReadonlyArray<CallRequest>): Buffer => {
  const names: Array<ActionName> = []
  const known = new Map<string, number>()
  const rows: Array<CallRow> = []
  for (const call of calls) {
    const { action, attempt, effect, exportName, file, id, instanceId, step } = call
    let name = known.get(action)
    if (name === undefined || !isOf(names[name]!, call)) {
      name = names.push({ action, file, exportName, ...(step === undefined ? {} : { step }) }) - 1
      known.set(action, name)
    }
    const rare = rareOf(call)
    rows.push(
      rare === undefined
        ? [id, instanceId, effect, attempt, name]
        : [id, instanceId, effect, attempt, name, rare]
    )
  }
  return encode([names, rows], calls.map(({ args }) => args))
}

export const callFrames = (calls: ReadonlyArray<CallRequest>): ReadonlyArray<Buffer> =>
  framesOf(calls, ({ args }) => args.length, encodeCalls)

export const decodeCalls = (body: Buffer): ReadonlyArray<CallRequest> => {
  const { head: [names, rows], texts } = decode<[Array<ActionName>, Array<CallRow>]>(body)
  return rows.map(([id, instanceId, effect, attempt, name, rare], i) => {
    const { action, exportName, file, step } = names[name]!
    const args = texts[i]!
    const call = { id, instanceId, effect, action, file, exportName, args, attempt }
    return step === undefined && rare === undefined
      ? call
      : { ...call, ...(step === undefined ? {} : { step }), ...rare }
  })
}

/** What a report tells at length. */
const textOf = (report: WorkerReport): string =>
  report.kind === "succeeded" ? report.value : report.kind === "failed" ? report.error : ""

/** The usual report is a number and a time; a failure says so; others are as they are. */
type ReportRow =
  | readonly [id: number, millis: number]
  | readonly [id: number, millis: number, failed: 1]
  | WorkerReport

const rowOf = (report: WorkerReport): ReportRow =>
  report.kind === "succeeded"
    ? [report.id, report.millis]
    : report.kind === "failed"
    ? [report.id, report.millis, 1]
    : report

const isShort = (row: ReportRow): row is Exclude<ReportRow, WorkerReport> => Array.isArray(row)

export const reportFrames = (reports: ReadonlyArray<WorkerReport>): ReadonlyArray<Buffer> =>
  framesOf(
    reports,
    (report) => textOf(report).length,
    (some) => encode(some.map(rowOf), some.map(textOf))
  )

export const decodeReports = (body: Buffer): ReadonlyArray<WorkerReport> => {
  const { head: rows, texts } = decode<ReadonlyArray<ReportRow>>(body)
  return rows.map((row, i) =>
    !isShort(row)
      ? row
      : row.length === 3
      ? { id: row[0], kind: "failed", error: texts[i]!, millis: row[1] }
      : { id: row[0], kind: "succeeded", value: texts[i]!, millis: row[1] }
  )
}
