/** Steps that take long don't add up to a lease: a beat goes before others (PROTOCOL R5). */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Dispatcher from "../../src/dispatcher/Dispatcher.ts"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { Queue } from "../../src/queue/Queue.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import * as RetrySchedules from "../../src/retry/RetrySchedules.ts"
import * as Timeouts from "../../src/retry/Timeouts.ts"
import { Scheduler } from "../../src/scheduler/Scheduler.ts"
import { type CallReport, WorkerPool } from "../../src/worker/WorkerPool.ts"
import { chainMachine } from "./chainMachine.ts"
import { file, idOf, loadedOf } from "./loadedOf.ts"

/** A core that holds five instances, each of whose steps takes so long. */
const coreOf = (stepMillis: number, steps: ReadonlyArray<string>) => {
  let now = 1000
  const applied: Array<string> = []
  let submitted: ReadonlyArray<number> = []
  const core = new DispatcherCore(
    { maxInstances: 10, maxStateBytes: 2 ** 40, parkAfterMillis: 60_000, commitEntries: 10 },
    {
      now: () => now,
      commitId: () => "c",
      scheduler: {
        machine: () => ({
          ...chainMachine,
          apply: (state, event) => {
            applied.push(state.instanceId)
            now += stepMillis
            return chainMachine.apply(state, event)
          }
        }),
        snapshotDue: () => false
      },
      retries: { decide: decideRetry },
      timeouts: { decide: decideTimeout, limitMillis },
      isCertain: () => true,
      onFault: (id, cause) => assert.fail(`${id}: ${String(cause)}`),
      pool: {
        slots: () => 10,
        submit: (calls) => {
          submitted = [...submitted, ...calls.map(({ id }) => id)]
        },
        interrupt: () => {}
      }
    }
  )
  for (let n = 1; n <= 5; n++) {
    core.adopt(loadedOf(n, JSON.stringify(steps), { startedAt: now }), file)
  }
  core.takeCommit("d")
  core.committed({ accepted: new Set([1, 2, 3, 4, 5].map(idOf)), busy: new Set() })
  return {
    core,
    applied,
    advance: (millis: number) => {
      now += millis
    },
    reports: () =>
      submitted.map((id): CallReport => ({ id, kind: "succeeded", value: "1", millis: 0 }))
  }
}

describe("a core whose steps take long", () => {
  it("leaves reports after the one that was over the time", () => {
    const { applied, core, reports } = coreOf(300, ["work"])
    const all = reports()

    assert.lengthOf(all, 5)
    assert.strictEqual(core.reports(all), 2)
    assert.strictEqual(core.reports(all, 2), 4)
    assert.strictEqual(core.reports(all, 4), 5)
    assert.lengthOf(applied, 5)
  })

  it("leaves timers due, and loses none", () => {
    const { advance, applied, core } = coreOf(300, ["sleep:10"])
    advance(10)

    core.tick()
    assert.lengthOf(applied, 2)
    assert.isBelow(core.nextWakeAt(), 0)
    core.tick()
    core.tick()
    assert.deepStrictEqual(applied.toSorted(), [1, 2, 3, 4, 5].map(idOf))
    assert.strictEqual(core.nextWakeAt(), Infinity)
  })

  it("leaves the inboxes of others unread", () => {
    const { applied, core } = coreOf(300, ["sleep:60000"])
    const polled = [1, 2, 3, 4, 5].map((n) => ({ id: idOf(n), epoch: 1 }))
    const messages = polled.map(({ id }, n) => ({
      id: `m${n}`,
      instanceId: id,
      kind: "signal" as const,
      effect: 0,
      name: "s",
      payload: null,
      repeated: false
    }))

    let from = core.receive(polled, messages)
    assert.strictEqual(from, 2)
    while (from < polled.length) from = core.receive(polled, messages, from)
    assert.deepStrictEqual(applied, polled.map(({ id }) => id))
  })
})

describe("a dispatcher whose steps take long", () => {
  it.scopedLive("beats between any two of them, whoever makes them", () => {
    const done: Array<string> = []
    let ahead = 0
    const step = (name: string) => {
      done.push(name)
      ahead += 2000
    }
    const clock = Clock.make()
    const skewed: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + ahead,
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + ahead),
      currentTimeNanos: clock.currentTimeNanos,
      sleep: (duration) => clock.sleep(duration)
    }
    return Effect.gen(function*() {
      const memory = yield* QueueMemory.make
      const queue = Queue.of({
        ...memory,
        beat: (id, capacity) =>
          Effect.tap(memory.beat(id, capacity), () => Effect.sync(() => done.push("beat")))
      })
      const reports = yield* Mailbox.make<CallReport>()
      const held: Array<CallReport> = []
      const pool = WorkerPool.of({
        slots: () => 10,
        submit: (calls) => {
          held.push(
            ...calls.map(({ id }) => ({ id, kind: "succeeded", value: "1", millis: 0 }) as const)
          )
          // All at once, and while others are still to be started.
          if (held.length >= 2) reports.unsafeOfferAll(held.splice(0))
        },
        interrupt: () => {},
        reports
      })
      const scheduler = Scheduler.of({
        machine: () => ({
          ...chainMachine,
          start: (args) => {
            step("start")
            return chainMachine.start(args)
          },
          apply: (state, event) => {
            step("apply")
            return chainMachine.apply(state, event)
          }
        }),
        snapshotDue: () => false
      })
      yield* queue.putPrograms([file])
      const ids = [1, 2, 3, 4].map(idOf)
      yield* queue.start(ids.map((id) => ({
        id,
        name: "chain",
        program: file.hash,
        input: JSON.stringify(["work"]),
        seed: "0".repeat(32)
      })))
      yield* Layer.build(
        Dispatcher.layer({ beatMillis: 1000, leaseMillis: 5000 }).pipe(
          Layer.provide(Layer.mergeAll(
            RetrySchedules.layer,
            Timeouts.layer,
            Layer.succeed(WorkerPool, pool),
            Layer.succeed(Scheduler, scheduler)
          )),
          Layer.provide(Layer.succeed(Queue, queue))
        )
      )
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("5 millis"), queue.find(ids)), {
        until: (found) => found.every(({ outcome }) => outcome !== null)
      })

      const steps = done.filter((what) => what !== "beat")
      assert.deepStrictEqual(
        steps.toSorted(),
        [...Array<string>(4).fill("apply"), ...Array<string>(4).fill("start")]
      )
      const together = done.filter((what, n) => what !== "beat" && done[n + 1] !== "beat")
      assert.isAtMost(together.length, 1, done.join(" "))
    }).pipe(Effect.withClock(skewed))
  })
})
