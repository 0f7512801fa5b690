import { assert, describe, it } from "@effect/vitest"
import { Entropy, seed, uuidv7 } from "@rappel/core/entropy/Entropy"
import * as Effect from "effect/Effect"

describe("Entropy", () => {
  it.effect("gives no bytes twice, and none that change what was given before", () =>
    Effect.gen(function*() {
      const entropy = yield* Entropy
      const given = Array.from({ length: 2000 }, () => entropy.bytes(16))
      const before = given.map((bytes) => bytes.join())
      for (let i = 0; i < 2000; i++) entropy.bytes(5)

      assert.deepStrictEqual(given.map((bytes) => bytes.join()), before)
      assert.strictEqual(new Set(before).size, given.length)
      assert.isTrue(given.every(({ length }) => length === 16))
    }))

  it.effect("gives as many bytes as are asked for", () =>
    Effect.gen(function*() {
      const { bytes } = yield* Entropy

      for (const count of [0, 1, 4095, 4096, 4097, 60_000]) {
        assert.strictEqual(bytes(count).length, count)
      }
      assert.isTrue(bytes(60_000).some((byte) => byte !== 0))
    }))

  it("makes ids and seeds of all their digits", () => {
    const entropy = { bytes: (count: number) => Uint8Array.from({ length: count }, (_, i) => i) }

    assert.strictEqual(seed(entropy), "000102030405060708090a0b0c0d0e0f")
    assert.strictEqual(uuidv7(entropy, 0x0123456789ab), "01234567-89ab-7607-8809-0a0b0c0d0e0f")
  })
})
