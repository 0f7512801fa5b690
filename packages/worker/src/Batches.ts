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
import type { WorkerReport } from "./WorkerProtocol.ts"

/** Characters of long texts in one frame, if it has more than one row. */
const FRAME_LENGTH = 8 * 1024 * 1024

const HEAD_BYTES = 4

/**
 * Rows beside their texts. A text's length is negative when it had to be written as JSON, as
 * UTF-8 cannot carry halves of surrogate pairs.
 */
const encode = (rows: ReadonlyArray<unknown>, texts: ReadonlyArray<string>): Buffer => {
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
  const head = JSON.stringify([rows, lengths])
  const headBytes = Buffer.byteLength(head)
  const frame = Frames.allocate(Frames.Kind.batch, HEAD_BYTES + headBytes + bytes)
  frame.writeUInt32BE(headBytes, Frames.BODY)
  let at = Frames.BODY + HEAD_BYTES
  at += frame.write(head, at, "utf8")
  for (const text of sent) at += frame.write(text, at, "utf8")
  return frame
}

const decode = <Row>(body: Buffer): {
  readonly rows: ReadonlyArray<Row>
  readonly texts: ReadonlyArray<string>
} => {
  let at = HEAD_BYTES + body.readUInt32BE(0)
  const [rows, lengths] = JSON.parse(body.toString("utf8", HEAD_BYTES, at)) as [
    ReadonlyArray<Row>,
    ReadonlyArray<number>
  ]
  const texts = lengths.map((length) => {
    const end = at + Math.abs(length)
    const text = body.toString("utf8", at, end)
    at = end
    return length < 0 ? JSON.parse(text) as string : text
  })
  return { rows, texts }
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

export const callFrames = (calls: ReadonlyArray<CallRequest>): ReadonlyArray<Buffer> =>
  framesOf(
    calls,
    ({ args }) => args.length,
    (some) => encode(some.map(({ args: _, ...row }) => row), some.map(({ args }) => args))
  )

export const decodeCalls = (body: Buffer): ReadonlyArray<CallRequest> => {
  const { rows, texts } = decode<Omit<CallRequest, "args">>(body)
  return rows.map((row, i) => ({ ...row, args: texts[i]! }))
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
  const { rows, texts } = decode<ReportRow>(body)
  return rows.map((row, i) =>
    !isShort(row)
      ? row
      : row.length === 3
      ? { id: row[0], kind: "failed", error: texts[i]!, millis: row[1] }
      : { id: row[0], kind: "succeeded", value: texts[i]!, millis: row[1] }
  )
}
