/**
 * Maps and sets, in the order of insertion.
 *
 * Read and filled through the builtin methods, not the object's: a subclass may have its own.
 *
 * @since 0.1.0
 */
import type { Json } from "../Json.ts"
import { accepts, getterOf, type Kind } from "./Kind.ts"

const { forEach: eachEntry, set } = Map.prototype
const { add, forEach: eachMember } = Set.prototype

/** `[key, value, key, value, …]` */
export const map: Kind = {
  tag: "m",
  builtins: ["Map"],
  is: accepts(getterOf("Map", "size")),
  write: (object, _builtin, out) => {
    const data: Array<Json> = []
    eachEntry.call(object as Map<unknown, unknown>, (value, key) => {
      const at = data.length
      data.push(out.val(key, at), out.val(value, at + 1))
    })
    return data
  },
  make: () => new Map(),
  fill: (object, data, heap) => {
    const items = data as ReadonlyArray<Json>
    for (let at = 0; at < items.length; at += 2) {
      set.call(object as Map<unknown, unknown>, heap.val(items[at]!), heap.val(items[at + 1]!))
    }
  }
}

/** `[member, member, …]` */
export const set_: Kind = {
  tag: "s",
  builtins: ["Set"],
  is: accepts(getterOf("Set", "size")),
  write: (object, _builtin, out) => {
    const data: Array<Json> = []
    eachMember.call(object as Set<unknown>, (member) => {
      data.push(out.val(member, data.length))
    })
    return data
  },
  make: () => new Set(),
  fill: (object, data, heap) => {
    for (const member of data as ReadonlyArray<Json>) {
      add.call(object as Set<unknown>, heap.val(member))
    }
  }
}
