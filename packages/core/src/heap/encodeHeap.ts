/**
 * A graph of values as text.
 *
 * @since 0.1.0
 */
import { HeapEncoder } from "./HeapEncoder.ts"
import type { Edge, HeapHost } from "./HeapHost.ts"

/** Of the text; a reader refuses what is newer than it knows. */
export const HEAP_VERSION = 1

/**
 * The text of some values and all that they reach, with identity, cycles and attributes.
 *
 * The same graph gives the same text, and `decodeHeap` of it encodes to the same text again.
 * Not kept: own properties of a typed array of more than 4,096 items, and of an array of more
 * than 32 those that are not enumerable.
 *
 * **Shapes** `edges` names the roots in the path of a refusal; without it, one root has no
 * name of its own and several are called by their index.
 *
 * **Errors** `NotStorable` for what neither the encoder nor the host knows.
 *
 * **Example** (A cycle)
 *
 * ```ts
 * import { decodeHeap } from "@rappel/core/heap/decodeHeap"
 * import { encodeHeap } from "@rappel/core/heap/encodeHeap"
 *
 * const list: Array<unknown> = [1, undefined, new Date(0)]
 * list.push(list)
 * const [back] = decodeHeap(encodeHeap([list])) as [Array<unknown>]
 *
 * back[3] === back // => true
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeHeap = (
  roots: ReadonlyArray<unknown>,
  host: HeapHost = {},
  edges?: ReadonlyArray<Edge>
): string => {
  const encoder = new HeapEncoder(host)
  const values = roots.map((root, at) =>
    host.hasListedRoots === true && Array.isArray(root)
      ? encoder.list(root)
      : encoder.val(root, edges === undefined ? roots.length === 1 ? undefined : at : edges[at])
  )
  return JSON.stringify([HEAP_VERSION, values, encoder.finish()])
}
