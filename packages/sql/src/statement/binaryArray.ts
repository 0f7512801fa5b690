/**
 * Arrays in the binary form of the protocol, for the statements of every batch.
 *
 * As text, an array of JSON is escaped by the driver and parsed by Postgres, character by
 * character at both ends.
 *
 * The form: https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/utils/adt/arrayfuncs.c
 * (`array_recv`).
 *
 * @since 0.1.0
 */

interface Kind {
  /** Fixed since these types exist: https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/catalog/pg_type.dat */
  readonly oid: number
  /** Undefined for what only Postgres can refuse. */
  readonly bytesOf: (value: unknown) => number | undefined
  readonly write: (buffer: Buffer, value: any, at: number, bytes: number) => void
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const boolean: Kind = {
  oid: 16,
  bytesOf: (value) => typeof value === "boolean" ? 1 : undefined,
  write: (buffer, value, at) => buffer.writeUInt8(value ? 1 : 0, at)
}

const integer: Kind = {
  oid: 23,
  bytesOf: (value) => typeof value === "number" && (value | 0) === value ? 4 : undefined,
  write: (buffer, value, at) => buffer.writeInt32BE(value, at)
}

const text: Kind = {
  oid: 25,
  bytesOf: (value) => typeof value === "string" ? Buffer.byteLength(value) : undefined,
  write: (buffer, value, at, bytes) => buffer.write(value, at, bytes, "utf8")
}

const float8: Kind = {
  oid: 701,
  bytesOf: (value) => typeof value === "number" ? 8 : undefined,
  write: (buffer, value, at) => buffer.writeDoubleBE(value, at)
}

const uuid: Kind = {
  oid: 2950,
  bytesOf: (value) => typeof value === "string" && UUID.test(value) ? 16 : undefined,
  write: (buffer, value, at) => buffer.write(value.replaceAll("-", ""), at, 16, "hex")
}

const kinds = { boolean, integer, text, float8, uuid } satisfies Record<string, Kind>

export type ElementType = keyof typeof kinds

/** Of an array: dimensions, whether there are nulls, the type; of its one dimension: length, first index. */
const HEAD = 20
const EMPTY_HEAD = 12
const NULL = -1

/**
 * The array as bytes, or as it came when it has an element that is none of its type: then the
 * driver writes it as text, and Postgres says what is wrong.
 */
export const binaryArray = (
  type: ElementType,
  values: ReadonlyArray<unknown>
): Buffer | ReadonlyArray<unknown> => {
  const { bytesOf, oid, write } = kinds[type]
  const lengths: Array<number> = []
  let size = 0
  for (const value of values) {
    const bytes = value === null ? NULL : bytesOf(value)
    if (bytes === undefined) return values
    lengths.push(bytes)
    size += 4 + Math.max(bytes, 0)
  }
  const buffer = Buffer.allocUnsafe((values.length === 0 ? EMPTY_HEAD : HEAD) + size)
  buffer.writeInt32BE(values.length === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(oid, 8)
  if (values.length === 0) return buffer
  buffer.writeInt32BE(values.length, 12)
  buffer.writeInt32BE(1, 16)
  let at = HEAD
  for (const [nth, value] of values.entries()) {
    const bytes = lengths[nth]!
    at = buffer.writeInt32BE(bytes, at)
    if (bytes === NULL) continue
    write(buffer, value, at, bytes)
    at += bytes
  }
  return buffer
}
