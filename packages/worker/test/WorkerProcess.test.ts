import { assert, describe, it } from "@effect/vitest"
import { helloLimit } from "@rappel/worker/WorkerProcess"
import * as Duration from "effect/Duration"

describe("WorkerProcess", () => {
  it("gives a start longer after those that failed, up to a minute", () => {
    const seconds = [0, 1, 2, 9].map((troubles) => Duration.toSeconds(helloLimit(troubles)))

    assert.deepStrictEqual(seconds, [15, 30, 60, 60])
  })
})
