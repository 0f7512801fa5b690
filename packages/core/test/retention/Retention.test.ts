import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { Queue, type Removal } from "../../src/queue/Queue.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as Retention from "../../src/retention/Retention.ts"
import { keepMillisOf, parseRules } from "../../src/retention/Rules.ts"

const HOUR = 3_600_000

describe("rules", () => {
  it("are read as a setting has them", () => {
    assert.deepStrictEqual(
      parseRules("completed=7d, failed = 30d , a:completed=1h,b=forever,a:b:all=5"),
      [
        { status: "completed", keepMillis: 7 * 24 * HOUR },
        { status: "failed", keepMillis: 30 * 24 * HOUR },
        { workflow: "a", status: "completed", keepMillis: HOUR },
        { workflow: "b", keepMillis: Infinity },
        { workflow: "a:b", keepMillis: 5 }
      ]
    )
    assert.deepStrictEqual(parseRules(" "), [])
    for (const no of ["completed", "completed=", "completed=soon", "=1d", "a:=1d"]) {
      assert.throws(() => parseRules(`all=1d,${no}`), `${JSON.stringify(no)} is no rule`)
    }
  })

  it("keep everything unless one says otherwise, and the most exact one counts", () => {
    const rules = parseRules("a=3h,completed=1h,a:failed=4h,all=2h")
    assert.strictEqual(keepMillisOf([], "a", "failed"), Infinity)
    assert.strictEqual(keepMillisOf(rules, "b", "completed"), HOUR)
    assert.strictEqual(keepMillisOf(rules, "b", "failed"), 2 * HOUR)
    assert.strictEqual(keepMillisOf(rules, "a", "completed"), 3 * HOUR)
    assert.strictEqual(keepMillisOf(rules, "a", "failed"), 4 * HOUR)
    assert.strictEqual(keepMillisOf(parseRules("all=1h,all=2h"), "a", "failed"), 2 * HOUR)
  })
})

describe("Retention", () => {
  const recording = (asked: Array<Removal>, left: number) =>
    Layer.effect(
      Queue,
      Effect.map(QueueMemory.make, (queue) => {
        let remaining = left
        return Queue.of({
          ...queue,
          workflows: Effect.succeed(["a", "b"]),
          remove: (removal) =>
            Effect.sync(() => {
              asked.push(removal)
              const count = removal.name === "a" ? Math.min(removal.limit, remaining) : 0
              remaining -= count
              return count
            })
        })
      })
    )

  it.scoped("removes in batches until nothing is left, again every minute", () => {
    const asked: Array<Removal> = []
    return Effect.gen(function*() {
      yield* Layer.build(
        Retention.layer(parseRules("completed=1h,b=forever")).pipe(
          Layer.provide(recording(asked, 1100))
        )
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        asked.map(({ keepMillis, name, status }) => [name, status, keepMillis]),
        [
          ["a", "completed", HOUR],
          ["a", "completed", HOUR],
          ["a", "completed", HOUR]
        ]
      )
      yield* TestClock.adjust("75 seconds")
      assert.lengthOf(asked, 4)
    })
  })

  it.scoped("looks at all keys of limits, batch by batch, also without rules", () => {
    const asked: Array<string> = []
    const queue = Layer.effect(
      Queue,
      Effect.map(QueueMemory.make, (queue) =>
        Queue.of({
          ...queue,
          calls: {
            ...queue.calls,
            sweep: ({ after }) =>
              Effect.sync(() => {
                asked.push(after)
                return { removed: 1, after: after === "" ? "m" : null }
              })
          }
        }))
    )
    return Effect.gen(function*() {
      yield* Layer.build(Layer.provide(Retention.layer([]), queue))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(asked, ["", "m"])
      yield* TestClock.adjust("75 seconds")
      assert.deepStrictEqual(asked, ["", "m", "", "m"])
    })
  })

  it.effect("asks for nothing without rules", () => {
    const asked: Array<Removal> = []
    return Effect.gen(function*() {
      assert.strictEqual(yield* Retention.sweep([]), 0)
      assert.deepStrictEqual(asked, [])
    }).pipe(Effect.provide(recording(asked, 1)))
  })
})
