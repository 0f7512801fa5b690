/**
 * Finds the kind of a builtin object by its prototype chain.
 *
 * @since 0.1.0
 */
import { arrayBuffer, view } from "./bytes.ts"
import { map, set_ } from "./collections.ts"
import { domException, error } from "./errors.ts"
import { builtin, type Kind } from "./Kind.ts"
import { refused, refusedPrototypes } from "./refused.ts"
import { boxed, date, regExp } from "./scalars.ts"
import { url, urlSearchParams } from "./urls.ts"

const KINDS: ReadonlyArray<Kind> = [
  arrayBuffer,
  boxed,
  date,
  domException,
  error,
  map,
  regExp,
  set_,
  url,
  urlSearchParams,
  view
]

export const kindOfTag: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.tag, kind]))

/** A kind as it is found in a prototype chain, with the builtin that marked it. */
export interface Found {
  readonly kind: Kind
  readonly name: string
  readonly prototype: object
}

const byPrototype = new Map<object, Found>()
for (const kind of KINDS) {
  for (const name of kind.builtins) {
    const prototype = builtin(name)?.prototype as object | undefined
    if (prototype !== undefined) byPrototype.set(prototype, { kind, name, prototype })
  }
}

/** Builtin prototypes that an object of another kind may have, by name and back. */
export const builtinPrototypes: ReadonlyMap<string, object> = new Map<string, object>([
  ["Object", Object.prototype],
  ["Array", Array.prototype],
  ...Array.from(byPrototype.values(), ({ name, prototype }) => [name, prototype] as const)
])

export const builtinNames: ReadonlyMap<object, string> = new Map(
  Array.from(builtinPrototypes, ([name, prototype]) => [prototype, name])
)

// After the names: an object that has one of these is refused, whatever else it is.
for (const [prototype, name] of refusedPrototypes) {
  byPrototype.set(prototype, { kind: refused, name, prototype })
}

/** The kind of objects that have a builtin's own prototype. */
export const kindOfPrototype = (prototype: object | null): Found | undefined =>
  prototype === null ? undefined : byPrototype.get(prototype)

/** The kind whose builtin comes first in the chain from `prototype` on. */
export const findKind = (prototype: object | null): Found | undefined => {
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = byPrototype.get(at)
    if (found !== undefined) return found
  }
  return undefined
}
