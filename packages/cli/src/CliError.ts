/**
 * Failures of a command as scripts and people see them: an exit code, and one message
 * that says what happened, where, and what to do.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Exit codes, as scripts rely on them (docs/operations.md).
 *
 * @since 0.1.0
 * @category models
 */
export const ExitCode = {
  done: 0,
  /** The workflow failed, or there are findings. */
  failed: 1,
  /** Wrong usage, unknown file or export, bad input. */
  usage: 2,
  /** No database or other infrastructure. */
  infrastructure: 3,
  /** The schema is newer than this program. */
  schemaTooNew: 57
} as const

export type ExitCode = typeof ExitCode[keyof typeof ExitCode]

/**
 * The command was asked for something that cannot be: exit 2.
 *
 * @category errors
 */
export class BadUsage extends Schema.TaggedError<BadUsage>("@rappel/cli/BadUsage")("BadUsage", {
  /** `NotFound` for a file, export or instance that does not exist. */
  kind: Schema.Literal("BadRequest", "NotFound"),
  message: Schema.String
}) {}

/**
 * Something around the command is not there: exit 3.
 *
 * @category errors
 */
export class NoInfrastructure
  extends Schema.TaggedError<NoInfrastructure>("@rappel/cli/NoInfrastructure")("NoInfrastructure", {
    message: Schema.String,
    cause: Schema.optional(Schema.Defect)
  })
{}

/** Exit codes of errors from other packages, by their `_tag` or `name`. */
const CODES: Readonly<Record<string, ExitCode>> = {
  BadUsage: ExitCode.usage,
  ProgramNotFound: ExitCode.usage,
  ArgumentsNotStorable: ExitCode.usage,
  InvalidStartOption: ExitCode.usage,
  SearchNotReadable: ExitCode.usage,
  InvalidSchedule: ExitCode.usage,
  ScheduleNotFound: ExitCode.usage,
  InstanceFinished: ExitCode.usage,
  InstanceNotFound: ExitCode.usage,
  KeyTaken: ExitCode.usage,
  RepairRefused: ExitCode.usage,
  RecordingNotReadable: ExitCode.usage,
  SettingRefused: ExitCode.usage,
  CompileFailed: ExitCode.failed,
  WorkflowFailure: ExitCode.failed,
  NoInfrastructure: ExitCode.infrastructure,
  QueueUnavailable: ExitCode.infrastructure,
  EmbeddedError: ExitCode.infrastructure,
  WorkerPoolFailed: ExitCode.infrastructure,
  PackageMissing: ExitCode.infrastructure,
  AlreadyServed: ExitCode.infrastructure,
  SchemaTooNew: ExitCode.schemaTooNew
}

const tagOf = (error: unknown): string => {
  const { _tag, name } = (error ?? {}) as { readonly _tag?: unknown; readonly name?: unknown }
  return typeof _tag === "string" ? _tag : typeof name === "string" ? name : ""
}

/** Whether an error is one that a user can act on; others are faults of this program. */
export const isExpected = (error: unknown): boolean => tagOf(error) in CODES

/** What the process ends with for this error; a fault of this program ends with 1. */
export const exitCodeOf = (error: unknown): ExitCode => CODES[tagOf(error)] ?? ExitCode.failed

const reachable = (message: string): string =>
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENOENT|timeout|does not exist|authentication failed|no pg_hba/i
      .test(message)
    ? `${message}\nLook at DATABASE_URL or --database-url; without either, rappel starts a Postgres itself.`
    : message

/** The message for a person, without a stack. */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return tagOf(error) === "QueueUnavailable" ? reachable(error.message) : error.message
}
