import { assert, describe, it } from "@effect/vitest"
import * as Peers from "../../src/dispatcher/Peers.ts"

const peer = { id: "a", counter: 1, place: "boot/1/1" }
const never = () => false

describe("Peers", () => {
  it("takes a peer for dead whose counter stood still for a whole lease", () => {
    const peers = Peers.make(5000)

    assert.deepStrictEqual(peers.seen([peer], 0, never), [])
    assert.deepStrictEqual(peers.seen([peer], 4999, never), [])
    assert.deepStrictEqual(peers.seen([peer], 5000, never), [peer])
  })

  it("forgets what it saw when it was cut off itself", () => {
    const peers = Peers.make(5000)
    peers.seen([peer], 0, never)
    peers.forget()

    assert.deepStrictEqual(peers.seen([peer], 9000, never), [])
  })

  it("takes a peer for dead at once whose process has ended on this host", () => {
    const peers = Peers.make(5000)
    const elsewhere = { id: "b", counter: 1, place: "" }

    const dead = peers.seen([peer, elsewhere], 0, () => true)

    assert.deepStrictEqual(dead, [peer], "nobody knows where the other one runs")
  })
})
