import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { adopt } from "../../src/dispatcher/adopt.ts"
import { Room } from "../../src/dispatcher/core/Room.ts"
import type { Owned } from "../../src/dispatcher/Owned.ts"
import { fanMachine } from "./fanMachine.ts"
import { file, idOf, loadedOf, NOW } from "./loadedOf.ts"

/** The n-th instance, which holds so much: its input is padded. */
const holding = (n: number, bytes: number): Owned =>
  Either.getOrThrow(adopt(loadedOf(n, "1".padEnd(bytes)), fanMachine(), file, NOW))

const roomFor = (maxInstances: number, maxStateBytes: number) => {
  const owned = new Map<string, Owned>()
  const room = new Room(
    { maxInstances, maxStateBytes, parkAfterMillis: 1000, commitEntries: 10 },
    owned
  )
  return {
    room,
    take: (n: number, bytes: number) => {
      const one = holding(n, bytes)
      owned.set(one.id, one)
      room.took(one)
      return one
    },
    drop: (n: number) => owned.delete(idOf(n))
  }
}

describe("room for instances", () => {
  it("is bounded by their number when they hold little", () => {
    const { room, take } = roomFor(30, 1_000_000)
    assert.strictEqual(room.left(), 16, "nobody knows yet what they hold")
    for (let n = 1; n <= 29; n++) take(n, 10)

    assert.strictEqual(room.left(), 1)
    take(30, 10)
    assert.strictEqual(room.left(), 0)
    assert.isFalse(room.isHeavy())
  })

  it("is bounded by what they hold, and expects the next to hold as much as a large one did", () => {
    const { drop, room, take } = roomFor(500, 1000)
    take(1, 300)
    assert.strictEqual(room.left(), 2)
    take(2, 300)
    take(3, 300)
    assert.strictEqual(room.left(), 0)
    assert.isFalse(room.isHeavy())
    take(4, 100)
    assert.isTrue(room.isHeavy())

    drop(2)
    assert.isFalse(room.isHeavy())
    assert.strictEqual(room.left(), 1)
  })

  it("counts what is recorded after an instance was taken, and its snapshot in its place", () => {
    const { room, take } = roomFor(500, 1000)
    const one = take(1, 100)
    one.eventBytes = 900
    assert.isTrue(room.isHeavy())
    one.eventBytes = 0
    one.snapshotBytes = 500
    assert.isFalse(room.isHeavy())
    one.eventBytes = Infinity
    assert.isFalse(room.isHeavy(), "a snapshot that is due holds nothing")
  })

  it("is there for one that holds more than all may, when it is alone", () => {
    const { drop, room, take } = roomFor(500, 1000)
    take(1, 5000)
    assert.strictEqual(room.left(), 0)
    drop(1)
    assert.strictEqual(room.left(), 1)
    assert.isFalse(room.isHeavy())
  })
})
