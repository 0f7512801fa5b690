/**
 * The ways in which a pool of worker processes can fail to begin.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * No worker process could be brought to the point where it executes calls.
 *
 * `reason` is what the last one said, `output` the end of what it wrote to stderr.
 *
 * @since 0.1.0
 * @category errors
 */
export class WorkerPoolFailed extends Schema.TaggedError<WorkerPoolFailed>(
  "@rappel/worker/WorkerPoolError/WorkerPoolFailed"
)("WorkerPoolFailed", {
  reason: Schema.String,
  starts: Schema.Int,
  output: Schema.String
}) {
  override get message(): string {
    const tries = this.starts === 1 ? "" : ` (${this.starts} starts)`
    const output = this.output === "" ? "" : `\nThe worker's last output:\n${this.output}`
    return `No worker process could be started${tries}: ${this.reason}${output}`
  }
}
