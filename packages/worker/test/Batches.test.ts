import { assert, describe, it } from "@effect/vitest"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import * as fc from "effect/FastCheck"
import * as Batches from "../src/Batches.ts"
import * as Frames from "../src/Frames.ts"
import type { WorkerReport } from "../src/WorkerProtocol.ts"

const text = fc.string({ unit: "binary", maxLength: 30 })
const id = fc.nat()
const millis = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)

const call: fc.Arbitrary<CallRequest> = fc.record({
  id,
  instanceId: text,
  effect: fc.nat(),
  action: text,
  file: text,
  exportName: text,
  args: text,
  attempt: fc.nat(),
  details: text,
  transactional: fc.boolean(),
  slot: text,
  alone: fc.boolean()
}, {
  requiredKeys: ["id", "instanceId", "effect", "action", "file", "exportName", "args", "attempt"]
})

const report: fc.Arbitrary<WorkerReport> = fc.oneof(
  fc.record({ id, kind: fc.constant("succeeded" as const), value: text, millis }),
  fc.record({ id, kind: fc.constant("failed" as const), error: text, millis }),
  fc.record({ id, kind: fc.constant("heartbeat" as const), details: text }),
  fc.record({ id, kind: fc.constant("released" as const) }),
  fc.record({ kind: fc.constant("leaving" as const) })
)

/** The bodies that come out at the other end, through one chunk. */
const bodiesOf = (frames: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> => {
  const bodies: Array<Buffer> = []
  const read = Frames.makeReader((kind, body) => {
    assert.strictEqual(kind, Frames.Kind.batch)
    bodies.push(body)
  })
  read(Buffer.concat(frames))
  return bodies
}

describe("Batches", () => {
  it("calls arrive as they were sent", () => {
    fc.assert(fc.property(fc.array(call), (calls) => {
      const arrived = bodiesOf(Batches.callFrames(calls)).flatMap(Batches.decodeCalls)
      assert.deepStrictEqual(arrived, calls)
    }))
  })

  it("reports arrive as they were sent", () => {
    fc.assert(fc.property(fc.array(report), (reports) => {
      const arrived = bodiesOf(Batches.reportFrames(reports)).flatMap(Batches.decodeReports)
      assert.deepStrictEqual(arrived, reports)
    }))
  })

  it("what is long travels in several frames, in order", () => {
    const value = "x".repeat(3 * 1024 * 1024)
    const reports = [1, 2, 3, 4, 5].map((id) =>
      ({ id, kind: "succeeded", value, millis: id }) as const
    )
    const bodies = bodiesOf(Batches.reportFrames(reports))
    assert.lengthOf(bodies, 3)
    assert.deepStrictEqual(bodies.flatMap(Batches.decodeReports), reports)
  })
})
