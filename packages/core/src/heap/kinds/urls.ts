/**
 * Addresses and their queries. The query of an address stays the address's own.
 *
 * @since 0.1.0
 */
import type { Json } from "../Json.ts"
import { accepts, builtin, getterOf, type Kind } from "./Kind.ts"

const hrefOf = getterOf("URL", "href") as (this: object) => string
const queryOf = getterOf("URL", "searchParams") as (this: object) => object

/** Which address a query belongs to, as far as addresses were met. */
const makeOwners = (): Map<object, object> => new Map()

/** The text of the address. */
export const url: Kind = {
  tag: "U",
  builtins: ["URL"],
  is: accepts(hrefOf),
  write: (object, _builtin, out) => {
    const query = queryOf.call(object)
    out.notes(makeOwners).set(query, object)
    const number = out.numberOf(query)
    // The query was met first, and perhaps written as one of its own.
    if (number !== undefined) {
      out.atEnd(() => out.setNode(number, ["q", [out.val(object)]]))
    }
    return hrefOf.call(object)
  },
  make: (data) => new (builtin("URL")!)(data)
}

const queryText = Reflect.get(builtin("URLSearchParams")?.prototype ?? {}, "toString") as (
  this: object
) => string

/** The text of the query, or `[address]`. */
export const urlSearchParams: Kind = {
  tag: "q",
  builtins: ["URLSearchParams"],
  is: accepts(getterOf("URLSearchParams", "size")),
  write: (object, _builtin, out) => {
    const owner = out.notes(makeOwners).get(object)
    return owner === undefined ? queryText.call(object) : [out.val(owner)]
  },
  make: (data, heap) =>
    typeof data === "string"
      ? new (builtin("URLSearchParams")!)(data)
      : queryOf.call(heap.val((data as ReadonlyArray<Json>)[0]!) as object)
}
