/**
 * Repairs instances: a failed one goes on from its failed call, or a new one is made of a
 * finished one.
 *
 * Whoever repairs steps the history of the instance, finds the place to go back to, and stores
 * one event that says so, together with all that is told again there. From then on the instance
 * is due as any other. Nothing that was recorded is removed: what is void stays in the history.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hostOfArguments } from "../client/classes.ts"
import { ArgumentsNotStorable, InstanceNotFound } from "../client/ClientError.ts"
import { encodeJson, encodeOutcome, type RepairVerb } from "../dispatcher/EventCodec.ts"
import { Entropy, seed as newSeed, uuidv7 } from "../entropy/Entropy.ts"
import type { Machine, Outcome, PendingEffect } from "../machine/Model.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import {
  type Begun,
  type InstanceRecord,
  type Message,
  Queue,
  type Repair,
  type StoredEvent
} from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { within } from "../value/limits.ts"
import { encodeError, encodeValue } from "../value/Value.ts"
import type { CallOptions, Repaired, RepairError, RepairOptions, Repairs } from "./Repaired.ts"
import { RepairRefused } from "./RepairRefused.ts"

/** An instance, and what is done with it. */
interface Subject {
  readonly verb: RepairVerb
  readonly record: InstanceRecord
  readonly begun: Begun
  readonly events: ReadonlyArray<StoredEvent>
}

interface Case extends Subject {
  readonly machine: Machine
}

/** Deep enough for any family; one that starts itself without end is none. */
const GENERATIONS = 50

const noteOf = (verb: RepairVerb, { actor, reason }: RepairOptions) => ({
  verb,
  actor: actor ?? null,
  reason: reason ?? null
})

const beginningOf = ({ begun, record }: Subject) => ({
  id: record.id,
  input: record.input,
  seed: begun.seed,
  entry: begun.entry,
  startedAt: record.startedAt!
})

export const make: Effect.Effect<Repairs, never, Queue> = Effect.gen(function*() {
  const queue = yield* Queue
  const entropy = yield* Entropy
  const machines = new Map<string, Machine>()

  const newId = Effect.map(Clock.currentTimeMillis, (now) => uuidv7(entropy, now))

  const refuse = (verb: RepairVerb, instanceId: string, reason: string) =>
    new RepairRefused({ instanceId, verb, reason })

  // The machine is large, and few processes repair anything.
  const machineOf = (verb: RepairVerb, record: InstanceRecord) =>
    Effect.gen(function*() {
      const known = machines.get(record.program)
      if (known !== undefined) return known
      const { load } = yield* Effect.promise(() => import("../machine/Machine.ts"))
      const [file] = yield* queue.getPrograms([record.program])
      if (file === undefined) return yield* refuse(verb, record.id, "its program is gone")
      const machine = yield* Effect.try({
        try: () => load(file),
        catch: (error) => refuse(verb, record.id, String(error))
      })
      machines.set(record.program, machine)
      return machine
    })

  const look = (
    verb: RepairVerb,
    id: string
  ): Effect.Effect<Subject, InstanceNotFound | QueueUnavailable> =>
    Effect.gen(function*() {
      const [record] = yield* queue.find([id])
      const [begun] = yield* queue.begun([id])
      if (record === undefined || begun === undefined) {
        return yield* new InstanceNotFound({ instanceId: id })
      }
      return { verb, record, begun, events: yield* queue.history(id) }
    })

  const open = (verb: RepairVerb, id: string): Effect.Effect<Case, RepairError> =>
    Effect.flatMap(
      look(verb, id),
      (subject) =>
        Effect.map(machineOf(verb, subject.record), (machine) => ({ ...subject, machine }))
    )

  /** Only what is over for good can be put back. */
  const closed = <One extends Subject>(one: One): Effect.Effect<One, RepairRefused> => {
    const { begun, record, verb } = one
    const { id, status } = record
    if (status === "aside") {
      return refuse(verb, id, "it is set aside. Let it go on with `rappel instances resume`")
    }
    if (record.outcome === null) {
      return refuse(verb, id, `it has not finished (${status}). Cancel or terminate it first`)
    }
    if (!begun.closed) {
      return refuse(verb, id, "work goes on in its background. Wait for it, or terminate it")
    }
    return record.startedAt === null
      ? refuse(verb, id, "it never began")
      : Effect.succeed(one)
  }

  const came = (verb: RepairVerb, id: string, isDone: boolean) =>
    isDone
      ? Effect.void
      : refuse(verb, id, "somebody else was faster: it was repaired or removed just now")

  /** The repair of one instance, after those of its ancestors and before those of its children. */
  const plan = (
    one: Case,
    options: CallOptions,
    given: { readonly outcome: Outcome } | undefined,
    generation: number
  ): Effect.Effect<
    { readonly repairs: ReadonlyArray<Repair>; readonly repaired: Repaired },
    RepairError
  > =>
    Effect.gen(function*() {
      const { turnBack } = yield* Effect.promise(() => import("./turnBack.ts"))
      const { events, machine, record, verb } = yield* closed(one)
      const { id } = record
      if (generation > GENERATIONS) {
        return yield* refuse(verb, id, `it has more than ${GENERATIONS} ancestors in this repair`)
      }
      const turn = turnBack(machine, beginningOf(one), events, options.effect)
      if ("refused" in turn) return yield* refuse(verb, id, turn.refused)

      const note = noteOf(verb, options)
      const tell = (
        kind: "outcome" | "signal",
        effect: number,
        name: string | null,
        payload: string
      ) =>
        Effect.map(newId, (messageId): Message => ({
          id: messageId,
          instanceId: id,
          kind,
          effect,
          name,
          payload
        }))
      const messages: Array<Message> = []
      const repairs: Array<Repair> = []
      const children: Array<string> = []
      if (given !== undefined) {
        const payload = encodeOutcome(given.outcome)
        messages.push(yield* tell("outcome", turn.effect, JSON.stringify(note), payload))
      }
      for (const { effect, kind, name, payload } of turn.kept) {
        messages.push(yield* tell(kind, effect, name, payload))
      }
      for (const child of turn.children) {
        if (given !== undefined && child.effect === turn.effect) continue
        const { record: its } = yield* look("retry", child.id)
        if (its.outcome === null) continue
        if (its.outcome.ok) {
          messages.push(yield* tell("outcome", child.effect, null, encodeOutcome(its.outcome)))
          continue
        }
        const { effect: _, ...rest } = options
        const inner = yield* plan(yield* open("retry", child.id), rest, undefined, generation + 1)
        repairs.push(...inner.repairs)
        children.push(child.id, ...inner.repaired.children)
      }
      const again = turn.again.filter((effect) => given === undefined || effect !== turn.effect)
      const at = Math.max(turn.at, yield* Clock.currentTimeMillis)
      const seed = newSeed(entropy)
      const { effect, floor, from, what } = turn
      const repair: Repair = {
        id,
        repairId: yield* newId,
        expectedSeq: events.length,
        event: {
          seq: events.length + 1,
          kind: "repaired",
          effect,
          at,
          payload: encodeJson({ ...note, back: { from, floor, seed, again } }),
          machine: MACHINE_VERSION,
          digest: turn.digest(at, seed, again)
        },
        messages
      }
      return {
        repairs: [repair, ...repairs],
        repaired: { id, verb, effect, what, from, into: null, children }
      }
    })

  const carryOut = (
    one: Case,
    options: CallOptions,
    given?: { readonly outcome: Outcome }
  ): Effect.Effect<Repaired, RepairError> =>
    Effect.gen(function*() {
      const { repaired, repairs } = yield* plan(one, options, given, 0)
      if (options.dryRun !== true) {
        yield* came(one.verb, one.record.id, yield* queue.repair(repairs))
      }
      return repaired
    })

  /** Gives an outcome to a call that a live instance waits for: first in its log wins. */
  const tellLive = (
    one: Case,
    options: CallOptions,
    outcome: Outcome
  ): Effect.Effect<Repaired, RepairError> =>
    Effect.gen(function*() {
      const { events, machine, record, verb } = one
      const { id } = record
      const { steps } = yield* Effect.promise(() => import("../replay/steps.ts"))
      if (record.startedAt === null) return yield* refuse(verb, id, "it has not begun")
      let pending: ReadonlyMap<number, PendingEffect> = new Map()
      for (const { difference, state } of steps(machine, beginningOf(one), events)) {
        if (difference !== undefined) {
          const { differs } = yield* Effect.promise(() => import("./turnBack.ts"))
          return yield* refuse(verb, id, differs(difference))
        }
        pending = state.pending
      }
      const asked = Array.from(pending.values()).flatMap((effect) =>
        effect.kind === "call"
          ? [{ effect: effect.effect, what: effect.action }]
          : effect.kind === "child"
          ? [{ effect: effect.effect, what: effect.name }]
          : []
      )
      const found = options.effect === undefined && asked.length === 1
        ? asked[0]
        : asked.find(({ effect }) => effect === options.effect)
      if (found === undefined) {
        const list = asked.map(({ effect, what }) => `${effect} (${what})`).join(", ")
        return yield* refuse(
          verb,
          id,
          asked.length === 0
            ? "it waits for no call and no child"
            : `it is live, and waits for these effects: ${list}. Name one of them`
        )
      }
      if (options.dryRun !== true) {
        const [delivery] = yield* queue.deliver([{
          id: yield* newId,
          instanceId: id,
          kind: "outcome",
          effect: found.effect,
          name: JSON.stringify(noteOf(verb, options)),
          payload: encodeOutcome(outcome)
        }])
        yield* came(verb, id, delivery === "delivered")
      }
      return { id, verb, ...found, from: null, into: null, children: [] }
    })

  const give = (verb: "skip" | "patch", id: string, options: CallOptions, outcome: Outcome) =>
    Effect.flatMap(
      open(verb, id),
      (one) =>
        one.record.outcome === null && one.record.status !== "aside"
          ? tellLive(one, options, outcome)
          : carryOut(one, options, { outcome })
    )

  const encoded = (id: string, encode: () => string) =>
    Effect.try({
      try: () => within("The value", encode()),
      catch: (cause) => new ArgumentsNotStorable({ workflow: `of instance ${id}`, cause })
    })

  /** Another instance is made of this one, and its history says so. */
  const into = (
    one: Subject,
    options: RepairOptions,
    born: {
      readonly id: string
      readonly program: string
      readonly seed: string
      readonly entry: string | null
      readonly startedAt: number | null
      readonly events: ReadonlyArray<StoredEvent>
    }
  ): Effect.Effect<Repaired, RepairError> =>
    Effect.gen(function*() {
      const { events, record, verb } = one
      const { id, input, memo, name, priority, tags } = record
      const at = events.reduce((most, event) => Math.max(most, event.at), record.startedAt ?? 0)
      if (options.dryRun !== true) {
        const isDone = yield* queue.fork({
          request: {
            id: born.id,
            name,
            program: born.program,
            input,
            seed: born.seed,
            ...(priority === 0 ? {} : { priority }),
            ...(tags.length === 0 ? {} : { tags }),
            ...(memo === null ? {} : { memo })
          },
          entry: born.entry,
          startedAt: born.startedAt,
          events: born.events,
          origin: {
            id,
            repairId: yield* newId,
            expectedSeq: events.length,
            event: {
              seq: events.length + 1,
              kind: "repaired",
              effect: 0,
              at: Math.max(at, yield* Clock.currentTimeMillis),
              payload: encodeJson({ ...noteOf(verb, options), into: born.id }),
              machine: MACHINE_VERSION,
              digest: 0
            }
          }
        })
        yield* came(verb, id, isDone)
      }
      const to = options.dryRun === true ? null : born.id
      return { id, verb, effect: 0, what: null, from: null, into: to, children: [] }
    })

  return {
    retry: (id, options = {}) => Effect.flatMap(open("retry", id), (one) => carryOut(one, options)),
    skip: (id, value, options = {}) =>
      Effect.flatMap(
        encoded(id, () => encodeValue(value, hostOfArguments)),
        (text) => give("skip", id, options, { ok: true, value: text })
      ),
    patch: (id, effect, outcome, options = {}) =>
      Effect.flatMap(
        encoded(id, () =>
          "error" in outcome
            ? encodeError(outcome.error, hostOfArguments)
            : encodeValue(outcome.value, hostOfArguments)),
        (text) =>
          give(
            "patch",
            id,
            { ...options, effect },
            "error" in outcome ? { ok: false, error: text } : { ok: true, value: text }
          )
      ),
    fork: (id, options) =>
      Effect.gen(function*() {
        const one = yield* Effect.flatMap(open("fork", id), closed)
        const { begun, events, machine, record } = one
        const { entry } = begun
        const { program, startedAt } = record
        const made = { id: yield* newId, seed: newSeed(entropy) }
        if (options.at === 0) {
          return yield* into(one, options, { ...made, program, entry, startedAt: null, events: [] })
        }
        const { forkAt } = yield* Effect.promise(() => import("./forkAt.ts"))
        const note = noteOf("fork", options)
        const now = yield* Clock.currentTimeMillis
        // Stepped under the id that it will have: what it starts is named after it.
        const forked = forkAt(machine, beginningOf(one), events, options.at, { ...made, note, now })
        if ("refused" in forked) return yield* refuse("fork", id, forked.refused)
        return yield* into(one, options, {
          ...made,
          program,
          entry,
          startedAt,
          // The beginning that both have in common draws the same random numbers.
          seed: begun.seed,
          events: forked.events
        })
      }),
    rerun: (id, options = {}) =>
      Effect.gen(function*() {
        const one = yield* Effect.flatMap(look("rerun", id), closed)
        const { begun, record } = one
        const newest = yield* queue.newestProgram(record.name)
        return yield* into(one, options, {
          id: yield* newId,
          seed: newSeed(entropy),
          // A child runs inside the program of its parent, unless it has one of its own.
          program: Option.getOrElse(newest, () => record.program),
          entry: Option.isSome(newest) ? null : begun.entry,
          startedAt: null,
          events: []
        })
      })
  }
})
