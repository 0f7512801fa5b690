/**
 * The ways in which working with schedules can fail.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A schedule is defined in a way that it cannot be.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidSchedule
  extends Schema.TaggedError<InvalidSchedule>("@rappel/core/schedule/InvalidSchedule")(
    "InvalidSchedule",
    { schedule: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `Schedule ${JSON.stringify(this.schedule)} cannot be used: ${this.reason}`
  }
}

/**
 * @since 0.1.0
 * @category errors
 */
export class ScheduleNotFound
  extends Schema.TaggedError<ScheduleNotFound>("@rappel/core/schedule/ScheduleNotFound")(
    "ScheduleNotFound",
    { schedule: Schema.String }
  )
{
  override get message(): string {
    return `There is no schedule ${JSON.stringify(this.schedule)}. ` +
      "`rappel schedules list` shows what is there."
  }
}
