/**
 * The ways in which a queue can fail its caller.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The store behind the queue could not be reached, or refused a statement.
 *
 * `operation` completes the sentence "could not …". `retryable` tells a lost
 * connection, a restart or a deadlock, after which the same call may succeed,
 * from a missing table, after which it cannot. `cause` is the driver's error.
 *
 * @since 0.1.0
 * @category errors
 */
export class QueueUnavailable
  extends Schema.TaggedError<QueueUnavailable>("@rappel/core/queue/QueueUnavailable")(
    "QueueUnavailable",
    { operation: Schema.String, retryable: Schema.Boolean, cause: Schema.Defect }
  )
{
  override get message(): string {
    const cause = this.cause instanceof Error ? `: ${this.cause.message}` : ""
    return `The queue could not ${this.operation}${cause}; ${
      this.retryable
        ? "the same call may succeed in a moment"
        : "check the database and run `rappel migrate`"
    }`
  }
}

/**
 * The database was migrated by a newer release than this one.
 *
 * @since 0.1.0
 * @category errors
 */
export class SchemaTooNew
  extends Schema.TaggedError<SchemaTooNew>("@rappel/core/queue/SchemaTooNew")("SchemaTooNew", {
    found: Schema.Int,
    known: Schema.Int
  })
{
  override get message(): string {
    return `The database is at schema ${this.found}, this program knows ${this.known}. ` +
      "It could misread rows that the newer release wrote. Update rappel, or run the matching version."
  }
}

/**
 * The same key is held by an instance that was started with other input.
 *
 * @since 0.1.0
 * @category errors
 */
export class KeyTaken
  extends Schema.TaggedError<KeyTaken>("@rappel/core/queue/KeyTaken")("KeyTaken", {
    name: Schema.String,
    key: Schema.String,
    instanceId: Schema.String
  })
{
  override get message(): string {
    return `Workflow ${this.name} was already started with key ${
      JSON.stringify(this.key)
    } and other input, as instance ${this.instanceId}. Use another key, or the same input.`
  }
}

export const QueueError = Schema.Union(QueueUnavailable, SchemaTooNew, KeyTaken)
export type QueueError = typeof QueueError.Type
