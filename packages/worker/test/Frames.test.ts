import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Frames from "../src/Frames.ts"

const readAll = (chunks: ReadonlyArray<Buffer>): ReadonlyArray<unknown> => {
  const received: Array<unknown> = []
  const read = Frames.makeReader((kind, body) => {
    assert.strictEqual(kind, Frames.Kind.rpc)
    received.push(Frames.decode(body))
  })
  for (const chunk of chunks) read(chunk)
  return received
}

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
          const bytes = Buffer.concat(sent.map((message) => Frames.encode(message)))
          const chunks: Array<Buffer> = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!
            chunks.push(bytes.subarray(at, at + size))
            at += size
          }
          assert.deepStrictEqual(readAll(chunks), sent)
        }
      )
    )
  })

  it("a lone surrogate survives", () => {
    const text = "a\ud800b"
    assert.deepStrictEqual(readAll([Frames.encode(text)]), [text])
  })
})
