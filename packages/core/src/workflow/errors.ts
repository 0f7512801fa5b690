/**
 * Errors that reach a workflow from outside of any action.
 *
 * The machine gives workflows these very classes, so `instanceof` means the same in a plain
 * run, in a program and for whoever awaits the result.
 *
 * @since 0.1.0
 */

/**
 * The instance was cancelled: every wait that was pending at that moment ends with it, once.
 * What the workflow does afterwards, in `catch` and `finally`, runs durably.
 *
 * @since 0.1.0
 * @category errors
 */
export class Cancelled extends Error {
  readonly reason: string | null
  constructor(reason: string | null = null) {
    super(`The workflow was cancelled${reason === null ? "" : `: ${reason}`}`)
    this.name = "Cancelled"
    this.reason = reason
  }
}

/**
 * The instance was ended from outside without running its code any further.
 *
 * @since 0.1.0
 * @category errors
 */
export class Terminated extends Error {
  readonly reason: string | null
  constructor(reason: string | null = null) {
    super(`The instance was terminated${reason === null ? "" : `: ${reason}`}`)
    this.name = "Terminated"
    this.reason = reason
  }
}

/**
 * What a `waitFor` or `until` waited for did not come within its `timeout`.
 *
 * @since 0.1.0
 * @category errors
 */
export class WaitTimeout extends Error {
  /** The channel; null for a condition. */
  readonly channel: string | null
  constructor(channel: string | null = null) {
    super(
      channel === null
        ? "The condition did not come true in time"
        : `Nothing came on channel ${channel} in time`
    )
    this.name = "WaitTimeout"
    this.channel = channel
  }
}
