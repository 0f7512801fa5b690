/**
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * An instance cannot be repaired like this; `reason` says why, and what can be done.
 *
 * @since 0.1.0
 * @category errors
 */
export class RepairRefused
  extends Schema.TaggedError<RepairRefused>("@rappel/core/repair/RepairRefused")("RepairRefused", {
    instanceId: Schema.String,
    verb: Schema.String,
    reason: Schema.String
  })
{
  override get message(): string {
    return `Instance ${this.instanceId} is left as it is, there is nothing to ${this.verb}: ` +
      this.reason
  }
}
