/**
 * The values of a text that `encodeHeap` wrote.
 *
 * @since 0.1.0
 */
import { HEAP_VERSION } from "./encodeHeap.ts"
import { HeapDecoder, malformed } from "./HeapDecoder.ts"
import type { HeapHost } from "./HeapHost.ts"
import type { Json } from "./Json.ts"

/**
 * The roots of an encoded heap, in order.
 *
 * **Errors** `SyntaxError` when the text is no JSON, `TypeError` when it is no heap or that of
 * a later release; and what the host's hooks throw.
 *
 * @since 0.1.0
 * @category encoding
 */
export const decodeHeap = (text: string, host: HeapHost = {}): ReadonlyArray<unknown> =>
  decodeHeapJson(JSON.parse(text) as Json, host)

/** The same for a heap that was parsed as part of another document; takes the JSON over. */
export const decodeHeapJson = (json: Json, host: HeapHost): ReadonlyArray<unknown> => {
  if (!Array.isArray(json) || json.length !== 3) throw malformed("no heap")
  const [version, roots, nodes] = json as [Json, Json, Json]
  if (version !== HEAP_VERSION) {
    throw malformed(
      `heap version ${JSON.stringify(version)}, this release reads ${HEAP_VERSION}; update rappel`
    )
  }
  if (!Array.isArray(roots) || !Array.isArray(nodes)) throw malformed("no heap")
  const decoder = new HeapDecoder(nodes as ReadonlyArray<Json>, host)
  decoder.decode()
  return (roots as ReadonlyArray<Json>).map(decoder.val)
}
