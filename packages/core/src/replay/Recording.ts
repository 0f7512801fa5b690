/**
 * An instance as one file: all that is needed to step it again, anywhere and offline.
 *
 * It holds the program and all that the instance was given, values included: whoever may not
 * read the database may not read the file either.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { ProgramFile } from "../program/Program.ts"
import { FORMAT } from "../program/Program.ts"
import type { Begun, InstanceRecord, StoredEvent } from "../queue/Queue.ts"
import type { Beginning } from "./steps.ts"

/** Raised when an older release would misread what a newer one writes. */
export const RECORDING_FORMAT = 1

/**
 * @since 0.1.0
 * @category models
 */
export interface Recording {
  readonly format: typeof RECORDING_FORMAT
  readonly exportedAt: number
  readonly instance: InstanceRecord & Omit<Begun, "id" | "closed">
  readonly program: ProgramFile
  readonly events: ReadonlyArray<StoredEvent>
}

/**
 * A file holds no recording that this release can read; `reason` says what it is instead.
 *
 * @since 0.1.0
 * @category errors
 */
export class RecordingNotReadable
  extends Schema.TaggedError<RecordingNotReadable>("@rappel/core/replay/RecordingNotReadable")(
    "RecordingNotReadable",
    { reason: Schema.String }
  )
{
  override get message(): string {
    return `The recording cannot be read: ${this.reason}`
  }
}

export const encodeRecording = (recording: Recording): string => JSON.stringify(recording)

/** As a file says of itself that it is one. */
interface Found {
  readonly format?: unknown
  readonly instance?: { readonly id?: unknown; readonly startedAt?: unknown }
  readonly program?: { readonly program?: { readonly format?: unknown } }
  readonly events?: unknown
}

const parse = (text: string): Found => {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === "object" && found !== null) return found
  } catch {
    // Said below.
  }
  throw new RecordingNotReadable({
    reason: "it is no JSON. `rappel instances export` writes recordings"
  })
}

const newer = (what: string, format: number, known: number): RecordingNotReadable =>
  new RecordingNotReadable({
    reason: `${what} has format ${format}, and this release reads up to ${known}. Update rappel`
  })

/**
 * The recording of a text.
 *
 * **Errors** Throws `RecordingNotReadable`, also for what a newer release wrote.
 *
 * @since 0.1.0
 * @category encoding
 */
export const decodeRecording = (text: string): Recording => {
  const found = parse(text)
  const { events, format, instance, program } = found
  if (typeof format === "number" && format > RECORDING_FORMAT) {
    throw newer("it", format, RECORDING_FORMAT)
  }
  const programFormat = program?.program?.format
  if (typeof programFormat === "number" && programFormat > FORMAT) {
    throw newer("its program", programFormat, FORMAT)
  }
  const isWhole = format === RECORDING_FORMAT && typeof instance?.id === "string" &&
    programFormat === FORMAT && Array.isArray(events)
  if (!isWhole) {
    throw new RecordingNotReadable({
      reason: "it is not what `rappel instances export` writes"
    })
  }
  if (typeof instance.startedAt !== "number") {
    throw new RecordingNotReadable({ reason: "its instance had not begun when it was exported" })
  }
  return found as unknown as Recording
}

export const beginningOf = ({ instance }: Recording): Beginning => ({
  id: instance.id,
  input: instance.input,
  seed: instance.seed,
  entry: instance.entry,
  startedAt: instance.startedAt!
})
