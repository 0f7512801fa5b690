import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Frames from "../src/Frames.ts"

describe("Frames", () => {
  it("messages survive however the stream is cut", () => {
    const messages = fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.nat()), {
      maxLength: 5
    })
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sent, sizes) => {
          const decode = Frames.makeDecoder()
          const bytes = Buffer.concat(sent.map((message) => Frames.encode(message)))
          const received: Array<unknown> = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!
            received.push(...decode(bytes.subarray(at, at + size)))
            at += size
          }
          assert.deepStrictEqual(received, sent)
        }
      )
    )
  })

  it("a lone surrogate survives", () => {
    const text = "a\ud800b"
    assert.deepStrictEqual(Frames.makeDecoder()(Frames.encode(text)), [text])
  })
})
