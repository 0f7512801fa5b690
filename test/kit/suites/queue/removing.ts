/** The end of what is finished, and of nothing else. */
import { assert } from "@effect/vitest"
import { type CommitEntry, Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  eventOf,
  newId,
  newOwner,
  requestOf,
  test
} from "./cases.ts"

const completed = { ok: true, value: "1" } as const
const failed = { ok: false, error: "e" } as const

const ended = (id: string, outcome: CommitEntry["outcome"]) =>
  entryOf(id, {
    events: [eventOf(1)],
    logs: ["{}"],
    snapshot: { seq: 1, body: "s" },
    outcome,
    then: { kind: "close" }
  })

const all = { name: "greeting", status: "completed", keepMillis: 0, limit: 100 } as const

export const removing = (queue: EmptyQueue) => {
  test(
    "only what is finished, closed, of this name and this status is removed",
    queue,
    Effect.gen(function*() {
      const { find, history, remove } = yield* Queue
      const { ids, owner } = yield* newOwner(4)
      const { ids: [other], owner: otherOwner } = yield* newOwner(1, { name: "other" })
      const [done, broken, open, running] = ids as [string, string, string, string]
      yield* commitOf(owner, [
        ended(done, completed),
        ended(broken, failed),
        // Its result is fixed, and calls of it still run.
        entryOf(open, { events: [eventOf(1)], outcome: completed }),
        entryOf(running, { events: [eventOf(1)] })
      ])
      yield* commitOf(otherOwner, [ended(other!, completed)])

      assert.strictEqual(yield* remove(all), 1)

      const left = (yield* find([...ids, other!])).map(({ id }) => id)
      assert.sameMembers(left, [broken, open, running, other!])
      assert.deepStrictEqual(yield* history(done), [])
      for (const id of [broken, open, running]) assert.lengthOf(yield* history(id), 1)
      assert.strictEqual(yield* remove(all), 0)
      assert.strictEqual(yield* remove({ ...all, status: "failed" }), 1)
    })
  )

  test(
    "what an instance answered and showed goes with it",
    queue,
    Effect.gen(function*() {
      const { published, remove, replies } = yield* Queue
      const { ids, owner } = yield* newOwner(2)
      const [gone, stays] = ids as [string, string]
      const messages = [newId(), newId()] as const
      const saying = (id: string, message: string) => ({
        replies: [{ message, outcome: completed }, { message, outcome: failed }],
        published: new Map([["progress", `"of ${id}"`]])
      })
      yield* commitOf(owner, [
        { ...ended(gone, completed), ...saying(gone, messages[0]) },
        entryOf(stays, saying(stays, messages[1]))
      ])
      assert.deepStrictEqual(
        Array.from(yield* replies([...messages, newId()])).sort(),
        messages.map((message) => [message, completed]).sort() as never,
        "the first answer to a message counts"
      )
      assert.deepStrictEqual(yield* published(gone), new Map([["progress", `"of ${gone}"`]]))

      assert.strictEqual(yield* remove(all), 1)

      assert.deepStrictEqual(yield* replies(messages), new Map([[messages[1], completed]]))
      assert.strictEqual((yield* published(gone)).size, 0)
      assert.strictEqual((yield* published(stays)).size, 1)
    })
  )

  test(
    "what finished first goes first, up to the limit, and nothing before its time",
    queue,
    Effect.gen(function*() {
      const { find, remove } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      for (const id of ids) yield* commitOf(owner, [ended(id, completed)])

      assert.strictEqual(yield* remove({ ...all, keepMillis: 3_600_000 }), 0)
      assert.strictEqual(yield* remove({ ...all, limit: 2 }), 2)

      assert.deepStrictEqual((yield* find(ids)).map(({ id }) => id), [ids[2]])
    })
  )

  test(
    "the key of what was removed is free",
    queue,
    Effect.gen(function*() {
      const { remove, start } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1, { key: "k" })
      yield* commitOf(owner, [ended(id!, completed)])
      yield* remove(all)

      const again = requestOf({ id: newId(), key: "k", input: "[2]" })
      assert.deepStrictEqual(yield* start([again]), [{ id: again.id, created: true }])
    })
  )

  test(
    "the workflows are those that a program was stored for",
    queue,
    Effect.gen(function*() {
      const { putPrograms, workflows } = yield* Queue
      const fileOf = (hash: string, name: string) => ({
        hash,
        positions: [],
        program: {
          format: 1 as const,
          name,
          entry: { m: 0, x: name },
          modules: [],
          functions: [],
          classes: [],
          actions: []
        }
      })
      yield* putPrograms([fileOf("1", "a"), fileOf("2", "b"), fileOf("3", "a")])
      assert.sameMembers([...(yield* workflows)], ["a", "b"])
    })
  )
}
