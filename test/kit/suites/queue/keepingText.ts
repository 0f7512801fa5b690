/** Text of any kind and size goes in and comes back the same. */
import { assert } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  requestOf,
  test
} from "./cases.ts"

const TEXTS: ReadonlyArray<readonly [name: string, text: string]> = [
  ["empty", ""],
  ["quotes and backslashes", `'"\\'\\"\\\\{},null NULL`],
  ["line ends and tabs", "a\r\nb\n\tc\u2028"],
  ["non-ASCII", "é€😀 漢字 \u0301"],
  ["NUL", "a\0b\0"],
  ["halves of pairs", "\ud83d x \ude00"],
  ["the mark of the encoding", "\uffff0000 \uffff\uffffzz"],
  ["5 MB", "é€😀\"\\".repeat(700_000)]
]

export const keepingText = (queue: EmptyQueue) => {
  for (const [name, text] of TEXTS) {
    test(
      `a text comes back the same: ${name}`,
      queue,
      Effect.gen(function*() {
        const { claim, find, history, load, start } = yield* Queue
        const dispatcher = yield* newDispatcher
        const short = text.slice(0, 1000)
        const request = requestOf({ name: `n${short}`, key: `k${short}`, input: text })

        yield* start([request])
        const { claimed } = yield* claim(dispatcher, 1)
        const event = eventOf(1, { payload: text })
        const { accepted } = yield* commitOf(dispatcher, [
          entryOf(request.id, {
            events: [event],
            logs: [short],
            outcome: { ok: true, value: short },
            snapshot: { seq: 0, body: text }
          })
        ])

        assert.isTrue(accepted.has(request.id))
        const again = { ...request, id: newId() }
        assert.deepStrictEqual(yield* start([again]), [{ id: request.id, created: false }])
        const [record] = yield* find([request.id])
        assert.isTrue(record!.name === request.name && record!.key === request.key)
        assert.isTrue(record!.input === text)
        assert.isTrue(record!.outcome?.ok === true && record!.outcome.value === short)
        const [loaded] = yield* load(dispatcher, claimed)
        assert.isTrue(loaded!.name === request.name && loaded!.input === text)
        assert.isTrue(loaded!.snapshot!.body === text)
        assert.isTrue(loaded!.events[0]!.payload === text)
        assert.isTrue((yield* history(request.id))[0]!.payload === text)
      })
    )
  }

  test(
    "an error comes back the same",
    queue,
    Effect.gen(function*() {
      const { find, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const request = requestOf()
      yield* start([request], dispatcher)

      yield* commitOf(dispatcher, [entryOf(request.id, { outcome: { ok: false, error: "\0'\\" } })])

      assert.deepStrictEqual((yield* find([request.id]))[0]!.outcome, { ok: false, error: "\0'\\" })
    })
  )
}
