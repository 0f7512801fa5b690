/**
 * How large what is stored may become: far below what one string or one row can hold, far above
 * what a queue should carry. docs/limits.md lists them all.
 *
 * @since 0.1.0
 */

/** Characters of an encoded value: of all arguments of a call together, a result, an error. */
export const MAX_VALUE_LENGTH = 16 * 1024 * 1024

/** Characters of one line of a log; what is beyond is cut. */
export const MAX_LINE_LENGTH = 64 * 1024

/**
 * A value takes more characters than may be stored. Thrown where the value was made: at the
 * call, in the action, at the start.
 *
 * @since 0.1.0
 * @category errors
 */
export class ValueTooLarge extends Error {
  override readonly name = "ValueTooLarge"
  readonly length: number
  readonly limit: number
  /** `what` begins the sentence: "The arguments of action src/a.ts#b". */
  constructor(what: string, length: number, limit: number) {
    super(
      `${what} would take ${length} characters, and ${limit} are the limit; ` +
        "store it elsewhere and pass a reference to it"
    )
    this.length = length
    this.limit = limit
  }
}

/**
 * The text, if it is within the limit.
 *
 * **Errors** Throws `ValueTooLarge`.
 */
export const within = (what: string, text: string, limit = MAX_VALUE_LENGTH): string => {
  if (text.length > limit) throw new ValueTooLarge(what, text.length, limit)
  return text
}

/** A line of a log, cut where it is too long. */
export const cutLine = (text: string): string =>
  text.length <= MAX_LINE_LENGTH
    ? text
    : `${text.slice(0, MAX_LINE_LENGTH)} [${text.length - MAX_LINE_LENGTH} more characters]`
