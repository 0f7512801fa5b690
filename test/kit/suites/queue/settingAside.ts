/** Instances that nobody runs until an operator acts, and the claims that lead to it. */
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
  newOwner,
  test
} from "./cases.ts"

const aside = (reason: string) => ({ then: { kind: "aside", reason } }) as const

export const settingAside = (queue: EmptyQueue) => {
  test(
    "what is set aside is seen with its reason, and nobody claims it",
    queue,
    Effect.gen(function*() {
      const { claim, find, leave, list } = yield* Queue
      const { ids: [id, other], owner } = yield* newOwner(2)
      const heir = yield* newDispatcher

      const { accepted } = yield* commitOf(owner, [
        entryOf(id!, aside("it\0 harms")),
        entryOf(other!, { then: { kind: "release", dueAt: null } })
      ])
      yield* leave(owner)

      assert.sameMembers([...accepted], [id, other])
      const records = new Map((yield* find([id!, other!])).map((record) => [record.id, record]))
      assert.deepInclude(records.get(id!), { status: "aside", aside: "it\0 harms" })
      assert.deepInclude(records.get(other!), { status: "waiting", aside: null })
      const listed = yield* list({ status: "aside", limit: 10 })
      assert.deepStrictEqual(listed.map((record) => record.id), [id])
      assert.deepStrictEqual((yield* claim(heir, 10)).claimed, [])
    })
  )

  test(
    "a reason is cut at 2,000 characters, between two halves of one as well",
    queue,
    Effect.gen(function*() {
      const { find } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const kept = `\0${"a".repeat(1998)}\ud83d`

      const { accepted } = yield* commitOf(owner, [entryOf(id!, aside(`${kept}\ude00 and more`))])

      assert.deepStrictEqual([...accepted], [id])
      assert.strictEqual((yield* find([id!]))[0]!.aside, kept)
    })
  )

  test(
    "what is resumed goes on where it was, with a new count of claims",
    queue,
    Effect.gen(function*() {
      const { claim, find, load, resume } = yield* Queue
      const { ids: [id, other], owner } = yield* newOwner(2)
      yield* commitOf(owner, [entryOf(id!, { events: [eventOf(1)] })])
      yield* commitOf(owner, [entryOf(id!, { expectedSeq: 1, ...aside("why") })])

      const resumed = yield* resume([id!, other!, newId(), "no-id"])

      assert.deepStrictEqual([...resumed], [id])
      assert.deepStrictEqual([...(yield* resume([id!]))], [])
      assert.isNull((yield* find([id!]))[0]!.aside)
      const { claimed } = yield* claim(owner, 10)
      assert.deepStrictEqual(claimed, [{ id: id!, epoch: 2 }])
      const [loaded] = yield* load(owner, claimed)
      assert.deepInclude(loaded, { lastSeq: 1, claims: 1 })
      assert.deepStrictEqual(loaded!.events, [eventOf(1)])
    })
  )

  test(
    "setting aside is fenced as every commit is, and can be sent again",
    queue,
    Effect.gen(function*() {
      const { commit, find } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const stale = yield* commitOf(owner, [entryOf(id!, { epoch: 2, ...aside("stale") })])
      const batch = { id: newId(), dispatcher: owner, entries: [entryOf(id!, aside("first"))] }
      yield* commit(batch)

      const again = yield* commit(batch)

      assert.strictEqual(stale.accepted.size, 0)
      assert.deepStrictEqual([...again.accepted], [id])
      assert.strictEqual((yield* find([id!]))[0]!.aside, "first")
    })
  )

  test(
    "claims without a commit are counted, and a commit ends the count",
    queue,
    Effect.gen(function*() {
      const { claim, countClaim, giveBack, leave, load } = yield* Queue
      const { ids: [id], owner: first } = yield* newOwner(1)
      const claimsOf = (dispatcher: string, epoch: number) =>
        Effect.map(load(dispatcher, [{ id: id!, epoch }]), ([loaded]) => loaded!.claims)
      assert.strictEqual(yield* claimsOf(first, 1), 1)
      yield* leave(first)

      const second = yield* newDispatcher
      yield* claim(second, 1)
      assert.strictEqual(yield* claimsOf(second, 2), 2)
      yield* giveBack(second, [{ id: id!, epoch: 2 }])
      yield* claim(second, 1)
      assert.strictEqual(yield* claimsOf(second, 3), 2, "what is given back was not tried")

      yield* countClaim(second, { id: id!, epoch: 3 }, 3)
      yield* countClaim(second, { id: id!, epoch: 2 }, 4)
      yield* countClaim(first, { id: id!, epoch: 3 }, 4)
      assert.strictEqual(yield* claimsOf(second, 3), 3)
      yield* giveBack(second, [{ id: id!, epoch: 3 }])
      yield* claim(second, 1)
      assert.strictEqual(yield* claimsOf(second, 4), 3, "a suspect is counted when it is touched")

      yield* commitOf(second, [entryOf(id!, { epoch: 4 })])
      assert.strictEqual(yield* claimsOf(second, 4), 0)
      yield* giveBack(second, [{ id: id!, epoch: 4 }])
      yield* claim(second, 1)
      assert.strictEqual(yield* claimsOf(second, 5), 1)
    })
  )
}
