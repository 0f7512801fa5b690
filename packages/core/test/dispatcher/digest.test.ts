/** What tells that a step asks for something else than it did. */
import { assert, describe, it } from "@effect/vitest"
import { digestOf } from "../../src/dispatcher/digest.ts"
import type { Command } from "../../src/machine/Model.ts"

const call = (args: string): ReadonlyArray<Command> => [
  { kind: "call", effect: 1, action: "a", args, policy: {} }
]

/** Every kind of character, of so many code units; a pair of surrogates may be cut by a piece. */
const text = (length: number): string => "aé€😀\0\uffff\"".repeat(length / 8 + 1).slice(0, length)

describe("the digest of a step", () => {
  it("is what it was in every release", () => {
    assert.deepStrictEqual([8, 63, 64, 65, 1000, 70_000].map((n) => digestOf(call(text(n)))), [
      1071441480,
      -218650470,
      -353011427,
      1620112684,
      257723975,
      1389393142
    ])
  })

  it("changes with every character of the arguments", () => {
    for (const length of [63, 64, 65, 66, 67, 1000]) {
      const args = text(length)
      const digests = new Set([digestOf(call(args))])
      for (let at = 0; at < length; at++) {
        digests.add(digestOf(call(`${args.slice(0, at)}z${args.slice(at + 1)}`)))
      }
      // Two of a thousand random numbers are the same once in ten thousand times.
      assert.strictEqual(digests.size, length + 1, String(length))
    }
  })

  it("changes at the end of a text that is read in pieces", () => {
    const args = text(200_000)
    for (const at of [0, 65_535, 65_536, 131_072, 199_999]) {
      const other = `${args.slice(0, at)}z${args.slice(at + 1)}`
      assert.notStrictEqual(digestOf(call(other)), digestOf(call(args)), String(at))
    }
  })

  it("is 0 for a step that asks for nothing", () => {
    assert.strictEqual(digestOf([]), 0)
    assert.strictEqual(digestOf([{ kind: "log", level: "info", text: "said" }]), 0)
  })
})
