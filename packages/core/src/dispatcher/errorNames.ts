/**
 * The names under which a retry policy can mean an error.
 *
 * @since 0.1.0
 */
import { decodeError } from "../value/Value.ts"

/**
 * Class names from the error's own to its builtin base, its `name`, and its `_tag`; most
 * specific first, without repetition. What was thrown and is no error has none.
 */
export const errorNames = (encoded: string): ReadonlyArray<string> => {
  const names = new Set<string>()
  const error = decodeError(encoded, {
    classOf: () => undefined,
    prototypeOf: (ref) => {
      for (const name of [ref.name, ...ref.bases]) names.add(name)
      return undefined
    }
  })
  if (!(error instanceof Error)) return []
  const { _tag } = error as { readonly _tag?: unknown }
  if (typeof _tag === "string") names.add(_tag)
  names.add(error.name)
  for (
    let proto = Object.getPrototypeOf(error);
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    if (proto === null) break
    names.add(String(proto.constructor?.name))
  }
  return Array.from(names)
}
