/** Programs: stored once, never changed, found by hash and by name. */
import { assert } from "@effect/vitest"
import type { ProgramFile } from "@rappel/core/program/Program"
import { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type EmptyQueue, test } from "./cases.ts"

const programOf = (hash: string, name: string, note = "é€😀 '\\\"\uffff"): ProgramFile => ({
  hash,
  program: {
    format: 1,
    name,
    entry: { m: 0, x: note },
    modules: [],
    functions: [],
    classes: [],
    actions: []
  },
  positions: [[0, 1, 2]]
})

export const storingPrograms = (queue: EmptyQueue) => {
  test(
    "a program comes back as it was stored, and an unknown hash is missing",
    queue,
    Effect.gen(function*() {
      const { getPrograms, putPrograms } = yield* Queue
      const [greeting, welcome] = [programOf("a", "greeting"), programOf("b", "welcome")]

      yield* putPrograms([greeting, welcome])

      assert.deepStrictEqual(yield* getPrograms(["a"]), [greeting])
      assert.deepStrictEqual(yield* getPrograms(["c", "b"]), [welcome])
      assert.deepStrictEqual(yield* getPrograms([]), [])
    })
  )

  test(
    "a program that is stored again stays as it was",
    queue,
    Effect.gen(function*() {
      const { getPrograms, putPrograms } = yield* Queue
      yield* putPrograms([programOf("a", "greeting", "first")])

      yield* putPrograms([programOf("a", "greeting", "second"), programOf("b", "greeting")])

      const [stored] = yield* getPrograms(["a"])
      assert.strictEqual(stored!.program.entry.x, "first")
    })
  )

  test(
    "the newest program of a name is the one that came last",
    queue,
    Effect.gen(function*() {
      const { newestProgram, putPrograms } = yield* Queue
      yield* putPrograms([programOf("b", "greeting"), programOf("a", "greeting")])
      yield* putPrograms([programOf("c", "welcome"), programOf("b", "greeting")])

      assert.deepStrictEqual(yield* newestProgram("greeting"), Option.some("a"))
      assert.deepStrictEqual(yield* newestProgram("nobody"), Option.none())
    })
  )

  test(
    "a program that was deployed stays what its name means, until the next deploy",
    queue,
    Effect.gen(function*() {
      const { deploy, getPrograms, newestProgram, putPrograms } = yield* Queue
      yield* putPrograms([programOf("a", "greeting")])
      yield* deploy([programOf("b", "greeting")])
      yield* putPrograms([programOf("c", "greeting"), programOf("w", "welcome")])

      assert.deepStrictEqual(yield* newestProgram("greeting"), Option.some("b"))
      assert.deepStrictEqual(yield* newestProgram("welcome"), Option.some("w"))
      assert.lengthOf(yield* getPrograms(["b"]), 1)
      yield* deploy([programOf("a", "greeting")])
      assert.deepStrictEqual(yield* newestProgram("greeting"), Option.some("a"))
      yield* deploy([])
    })
  )

  test(
    "processes that store the same programs at once don't harm each other",
    queue,
    Effect.gen(function*() {
      const { getPrograms, putPrograms } = yield* Queue
      const files = Array.from({ length: 20 }, (_, i) => programOf(`hash-${i}`, "greeting"))

      yield* Effect.all([putPrograms(files), putPrograms(files.toReversed())], { concurrency: 2 })

      assert.lengthOf(yield* getPrograms(files.map(({ hash }) => hash)), 20)
    })
  )
}
