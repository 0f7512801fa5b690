import { assert, describe, it, layer } from "@effect/vitest"
import { PgPool } from "@rappel/sql/PgPool"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { binaryArray, type ElementType } from "../../src/statement/binaryArray.ts"

/** What Postgres has of an array that was sent in each form: the elements as text. */
const readBack = (type: ElementType, values: ReadonlyArray<unknown>) =>
  Effect.flatMap(PgPool, (pool) =>
    Effect.promise(async () => {
      const text = `select array(select element::text from unnest($1::${type}[])
        with ordinality as _ (element, nth) order by nth) as read`
      const send = async (array: unknown) => (await pool.query(text, [array])).rows[0].read
      return { binary: await send(binaryArray(type, values)), text: await send(values) }
    }))

const elements: Record<ElementType, fc.Arbitrary<unknown>> = {
  boolean: fc.boolean(),
  integer: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  text: fc.oneof(
    fc.fullUnicodeString({ maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
    fc.constantFrom("", "null", "NULL", `{"a":"b\\\\c"}`, "{,}")
  ),
  // The driver loses the sign of -0.
  float8: fc.oneof(
    fc.double().map((value) => value === 0 ? 0 : value),
    fc.constantFrom(NaN, 5e-324)
  ),
  uuid: fc.oneof(fc.uuid(), fc.uuid().map((text) => text.toUpperCase())),
  jsonb: fc.json({ noUnicodeString: true }).filter((text) => !text.includes("\\u0000"))
}

const types = Object.keys(elements) as ReadonlyArray<ElementType>

layer(Postgres.layer)("an array in binary form", (it) => {
  for (const type of types) {
    const arrays = fc.array(fc.option(elements[type], { nil: null }), { maxLength: 12 })
    it.effect.prop(
      `of ${type} is what the driver's text form is`,
      [arrays],
      ([values]) =>
        Effect.gen(function*() {
          assert.isTrue(Buffer.isBuffer(binaryArray(type, values)))

          const { binary, text } = yield* readBack(type, values)

          assert.deepStrictEqual(binary, text)
          assert.lengthOf(binary, values.length)
        })
    )
  }
})

describe("an element that is none of the array's type", () => {
  for (
    const [type, value] of [
      ["integer", 2 ** 31],
      ["integer", 1.5],
      ["integer", "1"],
      ["uuid", "0123"],
      ["uuid", "0123456-789ab-cdef-0123-456789abcdef"],
      ["uuid", "01234567-89ab-cdef-0123-456789abcdeg"],
      ["uuid", "01234567-89ab-cdef-0123-456789abcde/"],
      ["uuid", "01234567-89ab-cdef-0123-456789abcd\u0430f"],
      ["uuid", "0123456789abcdef-0123456789abcdef-0123"],
      ["text", 1],
      ["float8", "1"],
      ["boolean", 1]
    ] as const
  ) {
    it(`leaves ${JSON.stringify(value)} of ${type} to Postgres`, () => {
      const values = [null, value]
      assert.strictEqual(binaryArray(type, values), values)
    })
  }
})
