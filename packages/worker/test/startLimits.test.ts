import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { readyLimit, waitAfter } from "../src/startLimits.ts"

it("gives a process longer to get ready after each trouble, up to four minutes", () => {
  const seconds = [0, 1, 2, 3, 4, 5, 50].map((troubles) => Duration.toSeconds(readyLimit(troubles)))
  assert.deepStrictEqual(seconds, [15, 30, 60, 120, 240, 240, 240])
})

it("meets the first death at once and waits longer after each other", () => {
  const millis = [0, 1, 2, 3, 9, 50].map((troubles) => Duration.toMillis(waitAfter(troubles)))
  assert.deepStrictEqual(millis, [0, 0, 250, 500, 30_000, 30_000])
})
