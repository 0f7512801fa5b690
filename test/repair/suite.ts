/**
 * Repairs as operators have them, whatever the queue is.
 */
import { assert, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import { decodeRepair } from "@rappel/core/dispatcher/EventCodec"
import { load } from "@rappel/core/machine/Machine"
import { Queue } from "@rappel/core/queue/Queue"
import { steps } from "@rappel/core/replay/steps"
import { refOfWorkflow } from "@rappel/core/workflow/Workflow"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { beforeEach, describe } from "vitest"
import { eventually } from "../messages/suite.ts"
import * as flows from "./flows.ts"

const { broken, Go, ledger } = flows

const client = RappelClient

const start = (workflow: any, ...args: ReadonlyArray<unknown>) =>
  Effect.flatMap(client, ({ start }) => start(refOfWorkflow(workflow), args))

/** Nothing of it goes on: a repair would be refused before. */
const closed = (id: string) =>
  Effect.flatMap(client, ({ finished }) => finished(id)).pipe(
    Effect.zipRight(
      Effect.flatMap(Queue, ({ begun }) => eventually(begun([id]), ([one]) => one!.closed))
    )
  )

const failed = (workflow: any, ...args: ReadonlyArray<unknown>) =>
  Effect.tap(start(workflow, ...args), closed)

const resultOf = (id: string) => Effect.flatMap(client, ({ result }) => result(id))

const reasonOf = (error: unknown) => (error as { readonly reason?: string }).reason ?? ""

/** Steps the whole history again, and answers what the machine then is. */
export const replayed = (id: string) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const [record] = yield* queue.find([id])
    const [begun] = yield* queue.begun([id])
    const [file] = yield* queue.getPrograms([record!.program])
    const events = yield* queue.history(id)
    const machine = load(file!)
    let last
    const beginning = { ...record!, ...begun!, startedAt: record!.startedAt! }
    for (const stepped of steps(machine, beginning, events)) last = stepped
    assert.isUndefined(last!.difference)
    return { events, state: machine.snapshot(last!.state), pending: last!.state.pending }
  })

export const suite = (name: string, layer: Layer.Layer<RappelClient | Queue, unknown>) => {
  const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient | Queue>) =>
    it.live(title, () => Effect.provide(effect, layer), 60_000)

  describe(`repairs (${name})`, () => {
    beforeEach(() => {
      ledger.length = 0
      broken.clear()
      flows.ended.length = 0
    })

    test(
      "a retry runs the failed call again, with its policy anew, and nothing before it",
      Effect.gen(function*() {
        broken.add("charge 1")
        const id = yield* failed(flows.order, "1")
        const { repairs } = yield* client
        const again = { actor: "ada", reason: "the bank was down" }
        const { effect, from, what } = yield* repairs.retry(id, { ...again, dryRun: true })
        assert.deepInclude({ effect, from }, { effect: 2, from: 3 })
        assert.match(what!, /#step$/)
        yield* repairs.retry(id, again)
        yield* closed(id)
        broken.clear()
        yield* repairs.retry(id)

        assert.deepStrictEqual(yield* resultOf(id), [
          "reserve 1 done",
          "charge 1 done",
          "ship 1 done",
          36
        ])
        assert.deepStrictEqual(ledger, [
          "reserve 1",
          ...Array.from({ length: 5 }, () => "charge 1"),
          "ship 1"
        ])
        yield* closed(id)
        const { events } = yield* replayed(id)
        assert.deepStrictEqual(events.map(({ kind }) => kind), [
          "settled",
          "attempt",
          "settled",
          "repaired",
          "attempt",
          "settled",
          "repaired",
          "settled",
          "settled"
        ])
        assert.deepInclude(decodeRepair(events[3]!.payload!), { verb: "retry", ...again })
      })
    )

    test(
      "a retry goes back to the failure that it ended with, not to one behind its result",
      Effect.gen(function*() {
        broken.add("charge").add("mail")
        const { history, repairs } = yield* client
        const id = yield* failed(flows.behind)
        const outcomes = (yield* history(id)).filter(({ kind }) => kind === "settled")
        assert.deepStrictEqual(outcomes.map(({ effect }) => effect), [2, 1])
        broken.clear()
        const { effect, from } = yield* repairs.retry(id)
        assert.deepStrictEqual([effect, from], [2, outcomes[0]!.seq])

        assert.deepStrictEqual(yield* resultOf(id), ["charge done", "mail done"])
        yield* closed(id)
        yield* replayed(id)
      })
    )

    test(
      "what followed a failure is void: other calls, other random numbers",
      Effect.gen(function*() {
        broken.add("charge 1")
        const id = yield* failed(flows.careful, "1")
        broken.clear()
        yield* Effect.flatMap(client, ({ repairs }) => repairs.retry(id))
        yield* resultOf(id)

        const [, , released, charged, shipped, ...others] = ledger
        assert.deepStrictEqual([charged, others], ["charge 1", []])
        assert.notStrictEqual(released!.slice(-36), shipped!.slice(-36))
        yield* closed(id)
        yield* replayed(id)
      })
    )

    test(
      "a call that is asked for again is not taken for an offered one of the void part",
      Effect.gen(function*() {
        broken.add("middle")
        const id = yield* failed(flows.limited)
        broken.clear()
        yield* Effect.flatMap(client, ({ repairs }) => repairs.retry(id))

        assert.strictEqual(yield* resultOf(id), "middle done")
        assert.deepStrictEqual(ledger, ["begin", "middle", "undo", "middle"])
        yield* closed(id)
        yield* replayed(id)
      })
    )

    test(
      "outcomes and signals that came after the failure are told again",
      Effect.gen(function*() {
        broken.add("left")
        const { repairs, signal } = yield* client
        const id = yield* start(flows.together)
        yield* signal(id, Go, "one").pipe(Effect.either)
        yield* closed(id)
        broken.clear()
        yield* repairs.retry(id)
        const all = yield* eventually(replayed(id), ({ pending }) => {
          const [first, ...rest] = pending.values()
          return first?.kind === "wait" && rest.length === 0
        })
        const isTold = all.events.some(({ kind }) => kind === "received")
        yield* signal(id, Go, "two")
        if (!isTold) yield* signal(id, Go, "three")

        const go = isTold ? ["one", "two"] : ["two", "three"]
        assert.deepStrictEqual(yield* resultOf(id), ["left done", "right done", ...go])
        assert.deepStrictEqual(ledger.toSorted(), ["left", "left", "right"])
        yield* closed(id)
        yield* replayed(id)
      })
    )

    test(
      "a skipped call has the value that it was given, and its catch-up is the live state",
      Effect.gen(function*() {
        broken.add("charge 1")
        const { find, repairs, result, signal } = yield* client
        const id = yield* failed(flows.waits, "1")
        yield* repairs.skip(id, new Map([["paid", 1n]]), { reason: "paid by hand" })
        const isParked = eventually(
          find(id),
          ({ status }) => status === "waiting"
        )
        const { events } = yield* eventually(
          Effect.zipLeft(replayed(id), isParked),
          ({ events }) => events.at(-1)!.kind === "patched"
        )
        assert.deepStrictEqual(events.map(({ kind }) => kind), ["settled", "repaired", "patched"])
        yield* signal(id, Go, "now")

        assert.deepStrictEqual(yield* result(id), [new Map([["paid", 1n]]), "now", "ship 1 done"])
        assert.deepStrictEqual(ledger, ["charge 1", "ship 1"])
        yield* closed(id)
        yield* replayed(id)
      })
    )

    test(
      "any outcome can be patched: with a value, and with an error that is caught",
      Effect.gen(function*() {
        const { repairs } = yield* client
        const id = yield* start(flows.order, "1")
        yield* closed(id)
        yield* repairs.patch(id, 1, { value: "reserved by hand" })
        assert.deepStrictEqual(
          ((yield* resultOf(id)) as ReadonlyArray<string>)[0],
          "reserved by hand"
        )
        assert.deepStrictEqual(ledger, ["reserve 1", "charge 1", "ship 1", "charge 1", "ship 1"])

        const other = yield* start(flows.caught)
        yield* closed(other)
        yield* repairs.patch(other, 1, { error: new RangeError("too much") })
        assert.strictEqual(yield* resultOf(other), "not a Broken")
        yield* closed(other)
        yield* replayed(other)
      })
    )

    test(
      "a failed child is retried with its parent, and with its grandparent",
      Effect.gen(function*() {
        broken.add("part b")
        const { list, repairs } = yield* client
        const id = yield* failed(flows.grand)
        const [middle] = yield* list({ parent: id, limit: 2 })
        const inner = yield* list({ parent: middle!.id, limit: 3 })
        yield* Effect.forEach([middle!, ...inner], (one) => closed(one.id))
        broken.clear()
        const { children } = yield* repairs.retry(id)

        assert.deepStrictEqual(yield* resultOf(id), [
          "grand",
          ["part a done", "part b done", "assemble done"]
        ])
        const its = inner.find(({ input }) => input === "[\"b\"]")!.id
        assert.deepStrictEqual(children, [middle!.id, its])
        assert.deepStrictEqual(
          ledger.toSorted(),
          ["assemble", "part a", "part b", "part b"]
        )
        yield* Effect.forEach(
          [id, ...children],
          (one) => Effect.zipRight(closed(one), replayed(one))
        )
      })
    )

    test(
      "a child that was retried alone counts when its parent is",
      Effect.gen(function*() {
        broken.add("part b")
        const { list, repairs } = yield* client
        const id = yield* failed(flows.family)
        const child = (yield* list({ parent: id, limit: 3 }))
          .find(({ input }) => input === "[\"b\"]")!.id
        yield* closed(child)
        broken.clear()
        yield* repairs.retry(child)
        yield* resultOf(child)
        yield* closed(child)
        const { children } = yield* repairs.retry(id)

        assert.deepStrictEqual(children, [])
        assert.deepStrictEqual(yield* resultOf(id), ["part a done", "part b done", "assemble done"])
      })
    )

    test(
      "a fork has the history up to an event, and goes on by itself",
      Effect.gen(function*() {
        const { find, repairs, result } = yield* client
        const id = yield* start(flows.order, "1")
        const first = (yield* result(id)) as ReadonlyArray<unknown>
        yield* closed(id)
        const { into } = yield* repairs.fork(id, { at: 1, reason: "to see" })

        assert.deepStrictEqual(yield* resultOf(into!), first)
        assert.deepStrictEqual(ledger, ["reserve 1", "charge 1", "ship 1", "charge 1", "ship 1"])
        assert.strictEqual((yield* find(into!)).origin, id)
        yield* closed(into!)
        const { events } = yield* replayed(into!)
        assert.deepInclude(decodeRepair(events[1]!.payload!), {
          verb: "fork",
          reason: "to see",
          origin: { id, seq: 1 }
        })
        const noted = yield* replayed(id)
        assert.deepInclude(decodeRepair(noted.events.at(-1)!.payload!), {
          verb: "fork",
          into: into!
        })
        yield* repairs.fork(id, { at: 0 })
        yield* repairs.fork(into!, { at: 2 })
        yield* repairs.patch(id, 1, { value: "after notes" })
        yield* resultOf(id)
      })
    )

    test(
      "a fork may begin after a child that it has talked to, which is not its own",
      Effect.gen(function*() {
        const { list, repairs } = yield* client
        const id = yield* start(flows.tells)
        assert.deepStrictEqual(yield* resultOf(id), ["told", "after done"])
        yield* closed(id)
        const { into } = yield* repairs.fork(id, { at: 2 })

        assert.deepStrictEqual(yield* resultOf(into!), ["told", "after done"])
        assert.deepStrictEqual(yield* list({ parent: into!, limit: 1 }), [])
        yield* closed(into!)
        yield* replayed(into!)
      })
    )

    test(
      "time does not run backwards when the clock of whoever repairs is late",
      Effect.gen(function*() {
        broken.add("charge 1")
        const { history, repairs } = yield* client
        const id = yield* failed(flows.waits, "1")
        const late = { ...Clock.make(), currentTimeMillis: Effect.succeed(1000) }
        yield* Effect.withClock(repairs.skip(id, "by hand"), late)
        const events = yield* eventually(history(id), (all) => all.length === 3)

        const times = events.map(({ at }) => at)
        assert.deepStrictEqual(times, times.toSorted((a, b) => a - b))
      })
    )

    test(
      "a new run has the same input and another id, and both say so",
      Effect.gen(function*() {
        const { find, history, repairs } = yield* client
        const id = yield* failed(flows.own, [])
        const refused = yield* Effect.flip(repairs.retry(id))
        assert.include(reasonOf(refused), "no call of it had failed when its own code did")
        const { into } = yield* repairs.rerun(id)
        yield* closed(into!)

        assert.deepInclude(yield* find(into!), { origin: id, input: "[[]]", status: "failed" })
        assert.strictEqual((yield* history(id)).at(-1)!.kind, "repaired")
        assert.deepStrictEqual(ledger, ["look", "look"])
      })
    )

    test(
      "a call that a live instance waits for is given a value, and what runs of it is ended",
      Effect.gen(function*() {
        broken.add("endless")
        const { history, repairs } = yield* client
        const id = yield* start(flows.stuck)
        yield* eventually(history(id), (events) => events.some(({ kind }) => kind === "attempt"))
        assert.include(
          reasonOf(yield* Effect.flip(repairs.skip(id, 1))),
          "waits for these effects: 1 ("
        )
        yield* repairs.skip(id, "by hand", { effect: 1 })
        yield* eventually(history(id), (events) => events.at(-1)!.kind === "patched")
        yield* repairs.skip(id, "as well")

        assert.deepStrictEqual(yield* resultOf(id), ["by hand", "as well"])
        // It is ended once the outcome is durable.
        yield* eventually(Effect.sync(() => flows.ended.slice()), (all) => all.includes("hanging"))
        yield* closed(id)
        const { events } = yield* replayed(id)
        assert.deepStrictEqual(
          events.flatMap(({ kind }) => kind === "patched" ? [kind] : []),
          ["patched", "patched"]
        )
      })
    )

    test(
      "what is live is left alone, but for a call that it waits for",
      Effect.gen(function*() {
        broken.add("charge 1")
        const { cancel, find, repairs, signal } = yield* client
        const id = yield* start(flows.waits, "2")
        yield* eventually(find(id), ({ status }) => status === "waiting")
        for (
          const [effect, reason] of [
            [repairs.retry(id), "has not finished"],
            [repairs.fork(id, { at: 1 }), "has not finished"],
            [repairs.rerun(id), "has not finished"],
            [repairs.skip(id, 1), "waits for no call"],
            [repairs.patch(id, 1, { value: 1 }), "waits for no call"]
          ] as const
        ) {
          assert.include(reasonOf(yield* Effect.flip(effect)), reason)
        }
        yield* signal(id, Go, "on")
        yield* resultOf(id)

        const other = yield* Effect.flatMap(
          client,
          (all) => all.start(refOfWorkflow(flows.together as any), [])
        )
        yield* cancel(other)
        yield* closed(other)
        assert.include(
          reasonOf(yield* Effect.flip(repairs.patch(other, 99, { value: 1 }))),
          "has no outcome"
        )
        assert.include(
          reasonOf(yield* Effect.flip(repairs.fork(id, { at: 99 }))),
          "its events are 1 to"
        )
        assert.include(
          reasonOf(yield* Effect.flip(repairs.fork(id, { at: 3 }))),
          "its result was fixed"
        )
      })
    )
  })
}
