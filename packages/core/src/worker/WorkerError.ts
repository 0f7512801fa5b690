/**
 * The ways in which a call fails before or after its action, told to the workflow like any
 * error of an action.
 *
 * @since 0.1.0
 */

/**
 * No function was found for the action's id.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownAction extends Error {
  override readonly name = "UnknownAction"
  readonly action: string
  readonly file: string
  constructor(
    call: { readonly action: string; readonly file: string },
    reason: string,
    options?: { readonly cause: unknown }
  ) {
    super(`Action ${call.action} cannot be executed: ${reason}`, options)
    this.action = call.action
    this.file = call.file
  }
}

/**
 * The text of a value is longer than what a call may take or give.
 *
 * @since 0.1.0
 * @category errors
 */
export class ValueTooLarge extends Error {
  override readonly name = "ValueTooLarge"
  readonly action: string
  readonly length: number
  readonly limit: number
  constructor(action: string, what: string, length: number, limit: number) {
    super(
      `${what} of action ${action} takes ${length} characters, and ${limit} are the limit; ` +
        "store it elsewhere and pass a reference to it"
    )
    this.action = action
    this.length = length
    this.limit = limit
  }
}
