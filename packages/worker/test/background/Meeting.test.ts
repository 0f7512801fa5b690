import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Processes from "@rappel/test/kit/Processes"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Meeting from "../../src/background/Meeting.ts"
import { socketOf } from "../../src/background/place.ts"

afterAll(Processes.cleanUp)

const freshSocket = () => join(Processes.project({}), "meeting.sock")
const greet = async () => ({ pid: process.pid, databaseUrl: "postgresql://here" })

/** Counts as they are told, and a way to wait for one. */
const counting = () => {
  const counts: Array<number> = []
  const waiting = new Map<number, Deferred.Deferred<void>>()
  const onCount = (count: number) => {
    counts.push(count)
    const deferred = waiting.get(count)
    if (deferred !== undefined) Deferred.unsafeDone(deferred, Effect.void)
  }
  const until = (count: number) =>
    Effect.gen(function*() {
      if (counts.at(-1) === count) return
      const deferred = yield* Deferred.make<void>()
      waiting.set(count, deferred)
      yield* Deferred.await(deferred)
    })
  return { onCount, until }
}

describe("Meeting", () => {
  it.scopedLive("whoever connects is greeted and counted until it goes", () =>
    Effect.gen(function*() {
      const path = freshSocket()
      const { onCount, until } = counting()
      yield* Meeting.listen(path, greet, onCount)

      const one = yield* Effect.promise(() => Meeting.attach(path))
      const two = yield* Effect.promise(() => Meeting.attach(path))
      yield* until(2)
      assert.strictEqual(one!.greeting.databaseUrl, "postgresql://here")
      assert.isTrue(two!.isOpen())

      one!.close()
      yield* until(1)
      two!.close()
      yield* until(0)
    }))

  it.scopedLive("an app hears that the other side has gone", () =>
    Effect.gen(function*() {
      const path = freshSocket()
      const attached = yield* Effect.scoped(Effect.zipRight(
        Meeting.listen(path, greet, () => {}),
        Effect.promise(() => Meeting.attach(path))
      ))
      yield* Effect.async<void>((resume) => attached!.onClose(() => resume(Effect.void)))
      assert.isFalse(attached!.isOpen())
    }))

  it.scopedLive("nobody behind a path is no error, whatever lies there", () =>
    Effect.gen(function*() {
      const path = freshSocket()
      assert.isUndefined(yield* Effect.promise(() => Meeting.attach(path)))
      writeFileSync(path, "")
      assert.isUndefined(yield* Effect.promise(() => Meeting.attach(path)))
    }))

  it.scopedLive("the second who listens is refused; what a kill left behind is not in the way", () =>
    Effect.gen(function*() {
      const path = freshSocket()
      writeFileSync(path, "")
      yield* Meeting.listen(path, greet, () => {})

      const error = yield* Effect.flip(Meeting.listen(path, greet, () => {}))
      assert.include(error.message, "Another process of this project listens")
    }))

  it("the socket of a project lies in a folder of this account alone, however deep the project", () => {
    const path = socketOf(`/${"deep/".repeat(60)}project`)

    assert.isBelow(path.length, 104)
    assert.strictEqual(statSync(join(path, "..")).mode & 0o077, 0)
    assert.notStrictEqual(path, socketOf("/other"))
  })
})
