/** Instances as files: recorded, replayed with their own program and with another. */
import { assert, describe, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import { Queue } from "@rappel/core/queue/Queue"
import * as Rappel from "@rappel/core/Rappel"
import { decodeRecording, encodeRecording, type Recording } from "@rappel/core/replay/Recording"
import { redact, redactText } from "@rappel/core/replay/redact"
import { replay, replaying } from "@rappel/core/replay/replay"
import { decodeError, decodeValue, encodeError, encodeValue } from "@rappel/core/value/Value"
import { refOfWorkflow } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import { eventually } from "../messages/suite.ts"
import * as flows from "./flows.ts"

const { broken, Go, ledger } = flows

const start = (workflow: any, ...args: ReadonlyArray<unknown>) =>
  Effect.flatMap(RappelClient, (client) => client.start(refOfWorkflow(workflow), args))

const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient | Queue>) =>
  it.live(title, () =>
    Effect.suspend(() => {
      ledger.length = 0
      broken.clear()
      return Effect.provide(effect, Rappel.layerMemory)
    }), 60_000)

const closed = (id: string) =>
  Effect.flatMap(Queue, ({ begun }) => eventually(begun([id]), ([one]) => one!.closed))

/** One that failed, was retried, waited for a signal and finished. */
const eventful = Effect.gen(function*() {
  const { history, record, repairs, result, signal } = yield* RappelClient
  broken.add("charge 1")
  const id = yield* start(flows.waits, "1")
  yield* closed(id)
  broken.clear()
  yield* repairs.retry(id)
  yield* eventually(history(id), (events) => events.length === 3)
  yield* signal(id, Go, "now")
  yield* result(id)
  yield* closed(id)
  return yield* record(id)
})

const edited = (recording: Recording, change: (copy: any) => void): string => {
  const copy = JSON.parse(encodeRecording(recording))
  change(copy)
  return JSON.stringify(copy)
}

describe("replay", () => {
  test(
    "a recording replays as it was, repairs included, and runs nothing",
    Effect.gen(function*() {
      const recording = yield* eventful
      const ran = ledger.length
      const text = encodeRecording(recording)
      assert.deepStrictEqual(decodeRecording(text), JSON.parse(text))
      const { difference, state, steps } = yield* Effect.promise(() => replay(text))

      assert.isUndefined(difference)
      assert.strictEqual(steps, recording.events.length + 1)
      assert.deepInclude(state, { completed: true, waits: [] })
      assert.lengthOf(ledger, ran)
    })
  )

  test(
    "each event shows where the instance then stands",
    Effect.gen(function*() {
      const all = Array.from(replaying(yield* eventful))

      assert.deepStrictEqual(
        all.map(({ event, isVoid }) => [event?.kind, isVoid]),
        [
          [undefined, false],
          ["settled", true],
          ["repaired", false],
          ["settled", false],
          ["received", false],
          ["settled", false]
        ]
      )
      const [wait] = all[3]!.state.waits
      assert.deepInclude(wait, { kind: "wait", what: "go" })
      const [line] = wait!.stack
      assert.match(line!.at, /repair\/flows\.ts:\d+:\d+$/)
      assert.deepInclude(line!.variables, { id: "'1'", charged: "'charge 1 done'" })
      assert.match(all[2]!.asked[0]!, /^call 2 of .*#step$/)
      assert.deepStrictEqual(all.at(-1)!.asked, [
        `returns ["charge 1 done","now","ship 1 done"]`
      ])
    })
  )

  test(
    "a difference says at which event",
    Effect.gen(function*() {
      const recording = yield* eventful
      const difference = (change: (copy: any) => void) =>
        Effect.map(Effect.promise(() => replay(edited(recording, change))), (all) => all.difference)

      const arg = yield* difference((copy) => {
        copy.events[2].digest ^= 1
      })
      assert.deepInclude(arg, { seq: 3 })
      const gone = yield* difference((copy) => {
        copy.events[2].effect = 77
      })
      assert.match(gone!.reason, /nothing waits for effect 77/)
      const other = yield* difference((copy) => {
        copy.events[3].payload = `"go"\n"later"`
      })
      assert.match(other!.reason, /"later".*was recorded/)
      const version = yield* difference((copy) => {
        copy.events[2].machine = 99
      })
      assert.match(version!.reason, /version 99/)
    })
  )

  test(
    "today's code is held against yesterday's history",
    Effect.gen(function*() {
      const recording = yield* eventful
      const same = yield* Effect.promise(() => replay(recording, { workflow: flows.waits }))
      assert.isUndefined(same.difference)
      const other = yield* Effect.promise(() => replay(recording, { workflow: flows.order }))
      assert.deepInclude(other.difference, { seq: 2 })
    })
  )

  test(
    "what is no recording, or a newer one, is refused politely",
    Effect.gen(function*() {
      const recording = yield* eventful
      for (
        const [text, reason] of [
          ["no", /is no JSON/],
          ["null", /is no JSON/],
          ["{}", /is not what/],
          [edited(recording, (copy) => delete copy.events), /is not what/],
          [
            edited(recording, (copy) => {
              copy.format = 2
            }),
            /format 2, and this release reads up to 1. Update/
          ],
          [
            edited(recording, (copy) => {
              copy.program.program.format = 7
            }),
            /its program has format 7/
          ],
          [
            edited(recording, (copy) => {
              copy.instance.startedAt = null
            }),
            /had not begun/
          ]
        ] as const
      ) assert.throws(() => decodeRecording(text), reason)
    })
  )

  test(
    "without its secrets a recording replays, and holds none that it built of them",
    Effect.gen(function*() {
      const { record, result, signal } = yield* RappelClient
      const id = yield* start(flows.secretive, { name: "Ada", password: "hunter2" })
      yield* signal(id, Go, "on")
      yield* result(id)
      yield* closed(id)
      const whole = yield* record(id)
      assert.include(encodeRecording(whole), "hunter2")

      const text = encodeRecording(redact(whole))

      for (const secret of ["hunter2", "token of Ada"]) assert.notInclude(text, secret)
      assert.include(text, "Bearer <redacted>")
      const { difference, steps } = yield* Effect.promise(() => replay(text))
      assert.isUndefined(difference)
      assert.strictEqual(steps, 4)

      const other = yield* start(flows.secretive, { name: "Ada", password: "hunter2" })
      yield* signal(other, Go, "branch")
      yield* result(other)
      yield* closed(other)
      const recording = yield* record(other)
      assert.throws(() => redact(recording), /without its secrets it would do something else at/)
    })
  )

  test(
    "texts are redacted by the name that they stand under, in plain and in rich values",
    Effect.sync(() => {
      const rich = {
        at: new Date(0),
        apiKey: "k1",
        headers: new Map([["authorization", "k2"], ["accept", "json"]]),
        credentials: { user: "k3", more: ["k4"] },
        fine: "kept"
      }
      const error = Object.assign(new Error("it failed"), { cookie: "k5", config: { token: "k6" } })
      for (const text of [encodeValue(rich), encodeValue({ ...rich, at: 0, headers: {} })]) {
        const shown = redactText(text)
        assert.notMatch(shown, /"k[123]"/)
        assert.include(shown, "kept")
        assert.deepInclude(decodeValue(shown) as object, { apiKey: "<redacted>", fine: "kept" })
      }
      const shown = redactText(encodeError(error))
      assert.notMatch(shown, /"k[56]"/)
      assert.strictEqual((decodeError(shown) as Error).message, "it failed")
      assert.strictEqual(redactText("no json"), "no json")
    })
  )

  test(
    "a live instance shows its lines, variables and waits, but no secrets",
    Effect.gen(function*() {
      const { look, signal, result } = yield* RappelClient
      const id = yield* start(flows.deep, { name: "Ada", password: "hunter2" })
      const { seq, state } = yield* eventually(
        look(id).pipe(Effect.catchTag("RecordingNotReadable", () => look(id))),
        ({ state }) => state.waits[0]?.kind === "wait"
      )
      assert.strictEqual(seq, 1)
      const [inner, outer, ...others] = state.waits[0]!.stack
      assert.deepStrictEqual(others, [])
      assert.strictEqual(inner!.function, "ask")
      assert.deepStrictEqual(inner!.variables, {
        question: "'really?'",
        n: "1",
        answer: "undefined"
      })
      assert.deepInclude(outer!.variables, {
        user: "{ name: 'Ada', password: '<hidden>' }",
        apiKey: "<hidden>",
        round: "1",
        asked: "'asked 1 done'"
      })
      assert.notInclude(JSON.stringify(state), "hunter2")
      assert.notInclude(JSON.stringify(state), "sk-123")
      yield* signal(id, Go, "yes")
      assert.strictEqual(yield* result(id), "yes")
    })
  )
})
