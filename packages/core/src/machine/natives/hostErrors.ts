/**
 * Errors of Node's own functions: with codes, and those of the web's.
 *
 * @since 0.1.0
 */
import { inspect } from "./inspect/inspect.ts"

/** Longer values are cut, as Node's messages do. */
const SHOWN = 25

const received = (value: unknown): string => {
  if (value === null || value === undefined) return ` Received ${value}`
  if (typeof value === "object") {
    const { constructor } = value as { readonly constructor?: unknown }
    const name = typeof constructor === "function" ? constructor.name : ""
    return name === ""
      ? ` Received ${inspect(value)}`
      : ` Received an instance of ${name}`
  }
  const shown = inspect(value)
  const cut = shown.length > SHOWN + 3 ? `${shown.slice(0, SHOWN)}...` : shown
  return ` Received type ${typeof value} (${cut})`
}

/** What Node throws for a callback that is no function. */
export const callbackError = (value: unknown): TypeError =>
  Object.assign(
    new TypeError(`The "callback" argument must be of type function.${received(value)}`),
    { code: "ERR_INVALID_ARG_TYPE" }
  )

/** An error of the web platform's, by name; `Error` on an engine without them. */
export const domException = (message: string, name: string): Error => {
  const DOMException = Reflect.get(globalThis, "DOMException") as
    | (new(message: string, name: string) => Error)
    | undefined
  return DOMException === undefined
    ? Object.assign(new Error(message), { name })
    : new DOMException(message, name)
}
