/**
 * Errors that the dispatcher puts into workflows, and what it says of instances that it
 * cannot go on with.
 *
 * The first two reach the user's code as errors, so they are plain classes with the names
 * that the user matches; `Diverged` is for operators.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { format } from "../duration/Duration.ts"

/**
 * What ran out: the time of an execution, the time between two of its heartbeats, or that of
 * the call with all its executions and waits.
 */
export type TimeLimit = "timeout" | "heartbeat" | "deadline"

/**
 * An action took longer than its timeout, or gave no heartbeat, as often as `timeoutAttempts`
 * allowed; or its call took longer than its deadline. Which action it was stands in the
 * stack: the place of the call.
 */
export class ActionTimeout extends Error {
  override readonly name = "ActionTimeout"
  readonly timeoutMillis: number
  /** Executions that ran out of time. */
  readonly timeouts: number
  readonly limit: TimeLimit
  constructor(timeoutMillis: number, timeouts: number, limit: TimeLimit = "timeout") {
    super(MESSAGES[limit](format(timeoutMillis)) + (timeouts < 2 ? "" : `, ${timeouts} times`))
    this.timeoutMillis = timeoutMillis
    this.timeouts = timeouts
    this.limit = limit
  }
}

const MESSAGES: Readonly<Record<TimeLimit, (time: string) => string>> = {
  timeout: (time) => `The action did not end within ${time}`,
  heartbeat: (time) => `The action gave no heartbeat for ${time}`,
  deadline: (time) => `The call did not come to an end within its deadline of ${time}`
}

/**
 * Worker processes crashed while this call was the only one that they executed, as often as
 * `crashLimit` allows.
 */
export class ActionLost extends Error {
  override readonly name = "ActionLost"
  readonly crashes: number
  /** Executions that were lost for whatever reason, these crashes included. */
  readonly losses: number
  constructor(reason: string, crashes: number, losses: number) {
    super(
      `The action was lost with its worker ${
        crashes === 1 ? "once" : `${crashes} times`
      }: ${reason}`
    )
    this.crashes = crashes
    this.losses = losses
  }
}

/** The workflow awaits a promise that nothing can settle any more. */
export class WorkflowStalled extends Error {
  override readonly name = "WorkflowStalled"
  constructor() {
    super(
      "The workflow awaits a promise that no call, timer or signal can settle any more. " +
        "Look for a promise whose resolve function is never called."
    )
  }
}

/**
 * Stepping a recorded event again asked for something else than at the time it was recorded.
 *
 * @category errors
 */
export class Diverged extends Schema.TaggedError<Diverged>("@rappel/core/dispatcher/Diverged")(
  "Diverged",
  { instanceId: Schema.String, seq: Schema.Int, recorded: Schema.Int, found: Schema.Int }
) {
  override get message(): string {
    return `Instance ${this.instanceId} is set aside: event ${this.seq} no longer leads to the same ` +
      "commands as when it was recorded. It was stepped by another release, Node or locale data; " +
      "run it with the release that recorded it."
  }
}

/**
 * What is stored of an instance does not fit together: a bug, or somebody wrote to the tables.
 *
 * @category errors
 */
export class Damaged extends Schema.TaggedError<Damaged>("@rappel/core/dispatcher/Damaged")(
  "Damaged",
  { instanceId: Schema.String, seq: Schema.Int, what: Schema.String }
) {
  override get message(): string {
    return `Instance ${this.instanceId} is set aside: ${this.what} at event ${this.seq}. ` +
      "Compare its history with a backup before you resume it."
  }
}

/**
 * A newer release wrote what is stored of an instance, in a form that this one does not know.
 *
 * @category errors
 */
export class NewerFormat
  extends Schema.TaggedError<NewerFormat>("@rappel/core/dispatcher/NewerFormat")(
    "NewerFormat",
    { instanceId: Schema.String, what: Schema.String, found: Schema.Int, known: Schema.Int }
  )
{
  override get message(): string {
    return `${this.what} of instance ${this.instanceId} has format ${this.found}, and this release ` +
      `reads up to ${this.known}. It is left to a newer release, and looked at again in a minute.`
  }
}

/** What an operator reads of something that was thrown. */
export const messageOf = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
