import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ProgramSource } from "../../src/client/ProgramSource.ts"
import * as ProgramSources from "../../src/client/ProgramSource.ts"
import * as RappelClient from "../../src/client/RappelClient.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { cutLine, MAX_LINE_LENGTH, MAX_VALUE_LENGTH, within } from "../../src/value/limits.ts"
import { chainProgram } from "../dispatcher/chainMachine.ts"

describe("limits", () => {
  it("let through what is at the limit, and say by how much the rest is beyond", () => {
    assert.strictEqual(within("It", "abc", 3), "abc")
    assert.throws(() => within("It", "abcd", 3), "It would take 4 characters, and 3 are the limit")
  })

  it("cut a line of a log, and say so", () => {
    const line = "x".repeat(MAX_LINE_LENGTH)
    assert.strictEqual(cutLine(line), line)
    assert.strictEqual(cutLine(`${line}yz`), `${line} [2 more characters]`)
  })

  it.effect("refuse an input at the start", () =>
    Effect.gen(function*() {
      const client = yield* RappelClient.RappelClient
      const error = yield* Effect.flip(
        client.start({ kind: "program", file: chainProgram([]) }, ["x".repeat(MAX_VALUE_LENGTH)])
      )
      assert.strictEqual(error._tag, "ArgumentsNotStorable")
      assert.match(error.message, /workflow chain cannot be stored: .* 16777216 are the limit/)
    }).pipe(Effect.provide(RappelClient.layer.pipe(Layer.provide(Layer.mergeAll(
      QueueMemory.layer,
      Layer.succeed(ProgramSource, ProgramSources.make({}))
    ))))))
})
