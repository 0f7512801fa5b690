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
 * An implicit step changed what it was given. It works on copies, so the workflow would not see
 * the change as the function does under Node.
 *
 * @since 0.1.0
 * @category errors
 */
export class StepChangedArgument extends Error {
  override readonly name = "StepChangedArgument"
  constructor(step: string) {
    super(
      `\`${step}\` changes an object of the workflow, and as an implicit step it works on a copy; ` +
        "move it into an action that returns the changed object"
    )
  }
}

/**
 * An implicit step gave a promise where the workflow goes on with the value itself.
 *
 * @since 0.1.0
 * @category errors
 */
export class StepGavePromise extends Error {
  override readonly name = "StepGavePromise"
  constructor(step: string) {
    super(
      `\`${step}\` gives a promise that the workflow would hold, and an implicit step gives values; ` +
        "write `await` before it, or move it into an action"
    )
  }
}

/**
 * The value of an implicit step cannot be stored: most objects of packages cannot.
 *
 * @since 0.1.0
 * @category errors
 */
export class StepResultNotStorable extends Error {
  override readonly name = "StepResultNotStorable"
  constructor(step: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `\`${step}\` gives what cannot be stored (${reason}); ` +
        "use it in the same expression, so that only data comes back, or in an action",
      { cause }
    )
  }
}
