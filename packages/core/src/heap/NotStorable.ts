/**
 * The refusal of a value that cannot be kept or sent.
 *
 * @since 0.1.0
 */

/**
 * A value that the state, a call or a result holds has no stored form.
 *
 * `path` leads to it from where encoding began (`order.client`, `[2].x`), and is empty
 * when it is the value itself; `className` says what stands there (`Client`,
 * `function load`, `Promise`). `message` names both and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotStorable extends Error {
  readonly path: string
  readonly className: string

  /** `what` completes "which …": a reader that lacks the class has another complaint. */
  constructor(path: string, className: string, remedy: string, what = "cannot be stored") {
    const subject = path === "" ? "The value" : `\`${path}\``
    super(`${subject} is ${article(className)}${className}, which ${what}: ${remedy}`)
    this.path = path
    this.className = className
  }
}

// On the prototype, as the builtin errors have theirs, so that it is no field of the error.
Object.defineProperty(NotStorable.prototype, "name", {
  value: "ValueNotStorable",
  writable: true,
  configurable: true
})

const article = (className: string): string =>
  /^(?:\[|function|symbol)/.test(className) ? "the " : /^[AEIOU]/.test(className) ? "an " : "a "
