import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decodeReports } from "../src/Batches.ts"
import * as Frames from "../src/Frames.ts"
import * as Outbox from "../src/Outbox.ts"
import type { WorkerReport } from "../src/WorkerProtocol.ts"

/** An outbox, and what each of its messages told. */
const watched = () => {
  const messages: Array<ReadonlyArray<WorkerReport>> = []
  const outbox = Outbox.make({
    write: (frames) => {
      messages.push(frames.flatMap((frame) => decodeReports(frame.subarray(Frames.BODY))))
    },
    send: () => {},
    drained: Effect.void,
    isOpen: () => true,
    run: Effect.void
  })
  return { messages, outbox }
}

const ended = (id: number): WorkerReport => ({ id, kind: "succeeded", value: "1", millis: 1 })

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe("Outbox", () => {
  it("what is told in one turn leaves together", async () => {
    const { messages, outbox } = watched()

    outbox.put(ended(1))
    outbox.put(ended(2))

    assert.deepStrictEqual(messages, [])
    await nextTurn()
    assert.deepStrictEqual(messages, [[ended(1), ended(2)]])
  })

  it("the last report leaves at once, with what waits, and once", async () => {
    const { messages, outbox } = watched()

    outbox.put(ended(1))
    outbox.putLast(ended(2))

    assert.deepStrictEqual(messages, [[ended(1), ended(2)]])
    await nextTurn()
    assert.lengthOf(messages, 1)
  })
})
