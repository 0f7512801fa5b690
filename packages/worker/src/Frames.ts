/**
 * Messages on a byte stream: four bytes of length (big endian), then UTF-8 JSON.
 *
 * JSON and not msgpack, because the long parts are strings and `JSON.stringify` escapes
 * lone surrogates, so that any string of a program survives. Lengths and not lines,
 * because a decoder of lines has to look at every byte, and cuts characters in two when
 * it decodes chunk by chunk.
 *
 * @since 0.1.0
 */

const HEADER_BYTES = 4

export const encode = (message: unknown): Buffer => {
  const text = JSON.stringify(message)
  const bytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes)
  frame.writeUInt32BE(bytes, 0)
  frame.write(text, HEADER_BYTES, "utf8")
  return frame
}

/** Takes chunks as they arrive and answers the messages that are complete with each. */
export const makeDecoder = (): (chunk: Buffer) => ReadonlyArray<unknown> => {
  let parts: Array<Buffer> = []
  let size = 0

  /** The next `bytes` bytes; they are joined only where a message spans chunks. */
  const take = (bytes: number): Buffer => {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
    parts = size > bytes ? [all.subarray(bytes)] : []
    size -= bytes
    return all.subarray(0, bytes)
  }

  let expected = -1
  return (chunk) => {
    parts.push(chunk)
    size += chunk.length
    const messages: Array<unknown> = []
    for (;;) {
      if (expected < 0) {
        if (size < HEADER_BYTES) return messages
        expected = take(HEADER_BYTES).readUInt32BE(0)
      }
      if (size < expected) return messages
      messages.push(JSON.parse(take(expected).toString("utf8")))
      expected = -1
    }
  }
}
