/**
 * Messages on a byte stream: four bytes of length (big endian), one of kind, then the body.
 *
 * Lengths and not lines, because a decoder of lines has to look at every byte, and cuts
 * characters in two when it decodes chunk by chunk.
 *
 * @since 0.1.0
 */

/** What a body is: a message of `@effect/rpc` as JSON, or a batch (`Batches.ts`). */
export const Kind = { rpc: 0, batch: 1 } as const

const HEADER_BYTES = 5

/** A frame with room for a body of so many bytes, which begins at `BODY`. */
export const allocate = (kind: number, bytes: number): Buffer => {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes)
  frame.writeUInt32BE(bytes, 0)
  frame[4] = kind
  return frame
}

export const BODY = HEADER_BYTES

/** JSON and not msgpack: these messages are few, and anybody can read them. */
export const encode = (message: unknown): Buffer => {
  const text = JSON.stringify(message)
  const frame = allocate(Kind.rpc, Buffer.byteLength(text))
  frame.write(text, BODY, "utf8")
  return frame
}

export const decode = (body: Buffer): unknown => JSON.parse(body.toString("utf8"))

/** Takes chunks as they arrive and hands on the frames that are complete with each. */
export const makeReader = (
  take: (kind: number, body: Buffer) => void
): (chunk: Buffer) => void => {
  let parts: Array<Buffer> = []
  let size = 0

  /** The next `bytes` bytes; they are joined only where a frame spans chunks. */
  const next = (bytes: number): Buffer => {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
    parts = size > bytes ? [all.subarray(bytes)] : []
    size -= bytes
    return all.subarray(0, bytes)
  }

  let expected = -1
  let kind = 0
  return (chunk) => {
    parts.push(chunk)
    size += chunk.length
    for (;;) {
      if (expected < 0) {
        if (size < HEADER_BYTES) return
        const header = next(HEADER_BYTES)
        expected = header.readUInt32BE(0)
        kind = header[4]!
      }
      if (size < expected) return
      const body = next(expected)
      expected = -1
      take(kind, body)
    }
  }
}
