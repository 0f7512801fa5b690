/** Hosts whose clocks are minutes off: time is the database's, so nothing is early and nothing late. */
import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import * as Dispatcher from "@rappel/core/dispatcher/Dispatcher"
import { Queue } from "@rappel/core/queue/Queue"
import * as Rappel from "@rappel/core/Rappel"
import { encodeValue, toPlainJson } from "@rappel/core/value/Value"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Postgres from "../kit/Postgres.ts"
import { newId } from "../kit/suites/queue/samples.ts"
import { eventually } from "../messages/suite.ts"

const SLEEP_MILLIS = 700
/** A second of polling, and a machine that is busy. */
const LATE_MILLIS = 20_000

const SOURCE = `
import { action, sleep, workflow } from "@rappel/core"
export const flaky = action(async (): Promise<number> => 1)
export const flow = workflow(async () => {
  const began = Date.now()
  await sleep(${SLEEP_MILLIS})
  const slept = Date.now() - began
  const policy = { retry: { attempts: 2, backoff: { kind: "constant", base: ${SLEEP_MILLIS} } } }
  await flaky.with(policy as any)()
  return [began, slept, Date.now() - began - slept]
})
`

const shifted = (millis: number): Clock.Clock => {
  const real = Clock.make()
  return {
    ...real,
    // Of the class, which a spread leaves out.
    sleep: (duration) => real.sleep(duration),
    currentTimeNanos: real.currentTimeNanos,
    unsafeCurrentTimeNanos: () => real.unsafeCurrentTimeNanos(),
    unsafeCurrentTimeMillis: () => real.unsafeCurrentTimeMillis() + millis,
    currentTimeMillis: Effect.map(real.currentTimeMillis, (now) => now + millis)
  }
}

const dispatcher = () => {
  let calls = 0
  return Dispatcher.layer({ parkAfterMillis: 50 }).pipe(
    Layer.provide(Layer.merge(
      Rappel.layerDecisions,
      layerInline({
        resolve: () => () => {
          if (calls++ === 0) throw new Error("the first one fails")
          return 1
        }
      })
    ))
  )
}

describe("a host whose clock is off", () => {
  for (const minutes of [-7, 7]) {
    it.live(
      `by ${minutes} minutes wakes and retries on the database's time`,
      () =>
        Effect.gen(function*() {
          const queue = yield* Queue
          const { workflows } = compileFile({
            file: "/project/flow.ts",
            projectRoot: "/project",
            readFile: (path) => path === "/project/flow.ts" ? SOURCE : undefined
          })
          const file = workflows[0]!.program!
          const id = newId()
          yield* queue.putPrograms([file])
          const request = { id, name: "flow", program: file.hash, input: encodeValue([]) }
          yield* queue.start([{ ...request, seed: "0".repeat(32) }])

          const [record] = yield* Effect.scoped(Effect.zipRight(
            Effect.withClock(Layer.build(dispatcher()), shifted(minutes * 60_000)),
            eventually(queue.find([id]), ([found]) => found!.outcome !== null)
          ))

          const { value } = record!.outcome as { readonly value: string }
          const [began, ...waits] = toPlainJson(value) as ReadonlyArray<number>
          assert.isAtMost(Math.abs(began! - record!.startedAt!), LATE_MILLIS)
          for (const wait of waits) {
            assert.isAtLeast(wait, SLEEP_MILLIS)
            assert.isBelow(wait, SLEEP_MILLIS + LATE_MILLIS)
          }
          const millis = record!.finishedAt! - record!.startedAt!
          assert.isAtLeast(millis, 2 * SLEEP_MILLIS)
          assert.isBelow(millis, 2 * SLEEP_MILLIS + LATE_MILLIS)
        }).pipe(Effect.provide(Postgres.layerClean)),
      120_000
    )
  }
})
