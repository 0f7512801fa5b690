import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { readyLimit, troublesAfter, waitAfter } from "../../src/pool/startLimits.ts"

it("gives a process longer to get ready after each trouble, up to four minutes", () => {
  const seconds = [0, 1, 2, 3, 4, 5, 50].map((troubles) => Duration.toSeconds(readyLimit(troubles)))
  assert.deepStrictEqual(seconds, [15, 30, 60, 120, 240, 240, 240])
})

it("meets the first death at once and waits longer after each other", () => {
  const millis = [0, 1, 2, 3, 9, 50].map((troubles) => Duration.toMillis(waitAfter(troubles)))
  assert.deepStrictEqual(millis, [0, 0, 250, 500, 30_000, 30_000])
})

it("holds a death against a seat, less so when its process got calls done or was old", () => {
  const young = { millis: 500, ended: 0 }
  assert.deepStrictEqual([0, 1, 7].map((troubles) => troublesAfter(troubles, young)), [1, 2, 8])
  const useful = { millis: 500, ended: 1 }
  assert.deepStrictEqual([0, 1, 7].map((troubles) => troublesAfter(troubles, useful)), [1, 2, 3])
  const old = { millis: 10_000, ended: 0 }
  assert.deepStrictEqual([0, 7].map((troubles) => troublesAfter(troubles, old)), [1, 1])
})
