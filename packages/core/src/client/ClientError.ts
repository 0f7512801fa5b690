/**
 * The ways in which starting and awaiting a workflow can fail.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The workflow itself failed: it threw.
 *
 * `cause` is what it threw, an instance of the same class where this process has it;
 * the Promise API throws that. `encoded` is the stored form (`value/Value.ts`).
 *
 * @since 0.1.0
 * @category errors
 */
export class WorkflowFailure
  extends Schema.TaggedError<WorkflowFailure>("@rappel/core/client/WorkflowFailure")(
    "WorkflowFailure",
    {
      instanceId: Schema.String,
      workflow: Schema.String,
      encoded: Schema.String,
      cause: Schema.Defect
    }
  )
{
  override get message(): string {
    const thrown: unknown = this.cause
    const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    return `Workflow ${this.workflow} failed with ${said} (instance ${this.instanceId})`
  }
}

/**
 * No instance has this id: it never existed, or its time of keeping is over.
 *
 * @since 0.1.0
 * @category errors
 */
export class InstanceNotFound
  extends Schema.TaggedError<InstanceNotFound>("@rappel/core/client/InstanceNotFound")(
    "InstanceNotFound",
    { instanceId: Schema.String }
  )
{
  override get message(): string {
    return `There is no instance ${this.instanceId}. ` +
      "Look at the id and at the database: `rappel instances list` shows what is there."
  }
}

/**
 * The instance has its result already: it can be told nothing and cancelled no more.
 *
 * @since 0.1.0
 * @category errors
 */
export class InstanceFinished
  extends Schema.TaggedError<InstanceFinished>("@rappel/core/client/InstanceFinished")(
    "InstanceFinished",
    { instanceId: Schema.String, status: Schema.String }
  )
{
  override get message(): string {
    return `Instance ${this.instanceId} has finished (${this.status}). ` +
      "Its result is fixed: `rappel instances show` has it."
  }
}

/**
 * The workflow answered an update with `reject`; `cause` is what it passed.
 *
 * @since 0.1.0
 * @category errors
 */
export class UpdateRejected
  extends Schema.TaggedError<UpdateRejected>("@rappel/core/client/UpdateRejected")(
    "UpdateRejected",
    { instanceId: Schema.String, channel: Schema.String, cause: Schema.Defect }
  )
{
  override get message(): string {
    const thrown: unknown = this.cause
    const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    return `Instance ${this.instanceId} rejected the update on ${this.channel} with ${said}`
  }
}

/** One finding, as the compiler reports it and `rappel check --json` prints it. */
export const Finding = Schema.Struct({
  code: Schema.String,
  severity: Schema.Literal("error", "warning", "info"),
  message: Schema.String,
  line: Schema.Int,
  column: Schema.Int
})
export type Finding = typeof Finding.Type

/**
 * The source of a workflow has errors; `rendered` holds all findings with code frames.
 *
 * @since 0.1.0
 * @category errors
 */
export class CompileFailed
  extends Schema.TaggedError<CompileFailed>("@rappel/core/client/CompileFailed")("CompileFailed", {
    file: Schema.String,
    workflow: Schema.String,
    findings: Schema.Array(Finding),
    rendered: Schema.String
  })
{
  override get message(): string {
    return `Workflow ${this.workflow} in ${this.file} does not compile.\n\n${this.rendered}`
  }
}

/**
 * No program belongs to a workflow: neither a manifest nor the source says what it is.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProgramNotFound
  extends Schema.TaggedError<ProgramNotFound>("@rappel/core/client/ProgramNotFound")(
    "ProgramNotFound",
    { workflow: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `No program was found for workflow ${this.workflow}: ${this.reason}`
  }
}

/**
 * A package that this way of running needs is not installed, or cannot be loaded.
 *
 * @since 0.1.0
 * @category errors
 */
export class PackageMissing
  extends Schema.TaggedError<PackageMissing>("@rappel/core/client/PackageMissing")(
    "PackageMissing",
    { packageName: Schema.String, purpose: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `${this.packageName} is needed to ${this.purpose}, but ${this.reason}. ` +
      `Install it: npm install ${this.packageName}`
  }
}

/**
 * The arguments of a start cannot be stored; `path` is the value at fault.
 *
 * @since 0.1.0
 * @category errors
 */
export class ArgumentsNotStorable
  extends Schema.TaggedError<ArgumentsNotStorable>("@rappel/core/client/ArgumentsNotStorable")(
    "ArgumentsNotStorable",
    { workflow: Schema.String, cause: Schema.Defect }
  )
{
  override get message(): string {
    const reason: unknown = this.cause
    return `The arguments of workflow ${this.workflow} cannot be stored: ` +
      (reason instanceof Error ? reason.message : String(reason))
  }
}

/**
 * An instance that was started in a transaction is awaited before that was committed, or after
 * it was rolled back: nobody can run it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotCommitted
  extends Schema.TaggedError<NotCommitted>("@rappel/core/client/NotCommitted")("NotCommitted", {
    instanceId: Schema.String
  })
{
  override get message(): string {
    return `Instance ${this.instanceId} was started in a transaction that is not committed, or was ` +
      "rolled back, so there is no result to wait for. Await it after the commit."
  }
}

/**
 * An option of a start has a value that it cannot have.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidStartOption
  extends Schema.TaggedError<InvalidStartOption>("@rappel/core/client/InvalidStartOption")(
    "InvalidStartOption",
    { option: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `The start option \`${this.option}\` cannot be used: ${this.reason}`
  }
}

/** A workflow has no program here. */
export const ProgramError = Schema.Union(CompileFailed, ProgramNotFound, PackageMissing)
export type ProgramError = typeof ProgramError.Type
