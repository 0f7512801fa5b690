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

const UUID_LENGTH = 36
const DASH = 0x2d
const DASHES: ReadonlyArray<number> = [8, 13, 18, 23]

/** Where the two digits of each byte stand. */
const DIGITS_AT = Array.from({ length: UUID_LENGTH }, (_, at) => at)
  .filter((at) => !DASHES.includes(at))
  .filter((_, nth) => nth % 2 === 0)

/** The value of a hexadecimal digit by its character; what is none spoils what it is part of. */
const NO_DIGIT = 0x100
const DIGITS = new Uint16Array(0x80).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  const character = digit.toString(16)
  DIGITS[character.charCodeAt(0)] = digit
  DIGITS[character.toUpperCase().charCodeAt(0)] = digit
}

const byteAt = (text: string, at: number): number => {
  const high = text.charCodeAt(at)
  const low = text.charCodeAt(at + 1)
  return high < 0x80 && low < 0x80 ? DIGITS[high]! << 4 | DIGITS[low]! : NO_DIGIT
}

const isUuid = (text: string): boolean => {
  if (text.length !== UUID_LENGTH) return false
  for (let nth = 0; nth < DASHES.length; nth++) {
    if (text.charCodeAt(DASHES[nth]!) !== DASH) return false
  }
  for (let nth = 0; nth < 16; nth++) if (byteAt(text, DIGITS_AT[nth]!) >= NO_DIGIT) return false
  return true
}

const writeUuid = (buffer: Buffer, text: string, at: number): void => {
  for (let nth = 0; nth < 16; nth++) buffer[at + nth] = byteAt(text, DIGITS_AT[nth]!)
}

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
  bytesOf: (value) => typeof value === "string" && isUuid(value) ? 16 : undefined,
  write: writeUuid
}

/** JSON as text, behind the version of this form. */
const jsonb: Kind = {
  oid: 3802,
  bytesOf: (value) => typeof value === "string" ? 1 + Buffer.byteLength(value) : undefined,
  write: (buffer, value, at, bytes) => {
    buffer[at] = 1
    buffer.write(value, at + 1, bytes - 1, "utf8")
  }
}

const kinds = { boolean, integer, text, float8, uuid, jsonb } satisfies Record<string, Kind>

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
  // By number: an iterator makes an object for each element until this is compiled.
  for (let nth = 0; nth < values.length; nth++) {
    const value = values[nth]
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
  for (let nth = 0; nth < values.length; nth++) {
    const bytes = lengths[nth]!
    at = buffer.writeInt32BE(bytes, at)
    if (bytes === NULL) continue
    write(buffer, values[nth], at, bytes)
    at += bytes
  }
  return buffer
}
