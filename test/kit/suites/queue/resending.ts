/** A commit that is sent again with the same id changes nothing and answers as the first time. */
import { assert } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { type EmptyQueue, entryOf, eventOf, newDispatcher, newId, newOwner, test } from "./cases.ts"

export const resending = (queue: EmptyQueue) => {
  for (
    const then of [
      { kind: "keep" },
      { kind: "release", dueAt: null },
      { kind: "release", dueAt: 0 },
      { kind: "close" }
    ] as const
  ) {
    test(
      `a commit that ends with ${JSON.stringify(then)} can be sent again`,
      queue,
      Effect.gen(function*() {
        const { commit, find, history } = yield* Queue
        const { ids, owner } = yield* newOwner(2)
        const [id, lost] = ids as [string, string]
        const batch = {
          id: newId(),
          dispatcher: owner,
          entries: [
            entryOf(lost, { epoch: 7, events: [eventOf(1)] }),
            entryOf(id, {
              events: [eventOf(1)],
              logs: ["{}"],
              outcome: { ok: true, value: "1" },
              snapshot: { seq: 1, body: "s" },
              then
            })
          ]
        }

        const first = yield* commit(batch)
        const between = yield* find([id])
        const second = yield* commit(batch)

        assert.deepStrictEqual([...first.accepted], [id])
        assert.deepStrictEqual([...second.accepted], [id])
        assert.lengthOf(yield* history(id), 1)
        assert.deepStrictEqual(yield* history(lost), [])
        assert.deepStrictEqual(yield* find([id]), between)
      })
    )
  }

  test(
    "the same entry under another id is refused, as its event is there",
    queue,
    Effect.gen(function*() {
      const { commit, history } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const entries = [entryOf(id!, { events: [eventOf(1)] })]
      yield* commit({ id: newId(), dispatcher: owner, entries })

      const { accepted } = yield* commit({ id: newId(), dispatcher: owner, entries })

      assert.strictEqual(accepted.size, 0)
      assert.lengthOf(yield* history(id!), 1)
    })
  )

  test(
    "a dispatcher that lost its instance cannot write, though it never heard of it",
    queue,
    Effect.gen(function*() {
      const { beat, claim, commit, expire, history } = yield* Queue
      const { ids: [id], owner: zombie } = yield* newOwner(1)
      const heir = yield* newDispatcher
      const { peers } = yield* beat(heir)
      yield* expire(peers)
      const { claimed } = yield* claim(heir, 10)
      assert.deepStrictEqual(claimed, [{ id: id!, epoch: 2 }])

      const late = yield* commit({
        id: newId(),
        dispatcher: zombie,
        entries: [entryOf(id!, { events: [eventOf(1, { payload: "zombie" })] })]
      })
      const right = yield* commit({
        id: newId(),
        dispatcher: heir,
        entries: [entryOf(id!, { epoch: 2, events: [eventOf(1, { payload: "heir" })] })]
      })

      assert.strictEqual(late.accepted.size, 0)
      assert.strictEqual(right.accepted.size, 1)
      assert.deepStrictEqual((yield* history(id!)).map(({ payload }) => payload), ["heir"])
    })
  )
}
