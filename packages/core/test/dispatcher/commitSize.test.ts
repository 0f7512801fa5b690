import { assert, describe, it } from "@effect/vitest"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import type { CallRequest } from "../../src/worker/WorkerPool.ts"
import { chainMachine } from "./chainMachine.ts"
import { file, loadedOf } from "./loadedOf.ts"

describe("a commit", () => {
  it("takes no further instance once it holds 16 Mi characters", () => {
    const calls: Array<CallRequest> = []
    let made = 0
    const core = new DispatcherCore(
      { maxInstances: 10, maxStateBytes: 2 ** 40, parkAfterMillis: 100, commitEntries: 10 },
      {
        now: () => 1000,
        isCertain: () => true,
        commitId: () => String(++made),
        scheduler: { machine: () => chainMachine, snapshotDue: () => false },
        retries: { decide: decideRetry },
        timeouts: { decide: decideTimeout, limitMillis },
        onFault: (_id, cause) => {
          throw cause
        },
        pool: {
          slots: () => 10,
          submit: (requests) => {
            calls.push(...requests)
          },
          interrupt: () => {}
        }
      }
    )
    for (let i = 0; i < 5; i++) {
      core.adopt(loadedOf(i, JSON.stringify(["work", "work"]), { startedAt: 1000 }), file)
    }
    const value = "x".repeat(6 * 1024 * 1024)
    core.reports(calls.map(({ id }) => ({ id, kind: "succeeded", value, millis: 1 })))

    const sizes: Array<number> = []
    for (let commit = core.takeCommit("d"); commit !== undefined; commit = core.takeCommit("d")) {
      sizes.push(commit.entries.length)
      core.committed({ accepted: new Set(commit.entries.map(({ id }) => id)), busy: new Set() })
    }

    assert.deepStrictEqual(sizes.slice(0, 2), [3, 2])
  })
})
