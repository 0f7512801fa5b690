/**
 * A queue in memory whose instances are ended by the test, and which counts what it is asked.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ProgramSource from "../../src/client/ProgramSource.ts"
import * as RappelClient from "../../src/client/RappelClient.ts"
import type { Outcome } from "../../src/machine/Model.ts"
import type { ProgramFile } from "../../src/program/Program.ts"
import { type Claimed, Queue } from "../../src/queue/Queue.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"

export const file: ProgramFile = {
  hash: "h1",
  program: {
    format: 1,
    name: "greeting",
    entry: { m: 0, x: "greeting" },
    modules: [],
    functions: [],
    classes: [],
    actions: []
  },
  positions: []
}

export const program = { kind: "program", file } as const

/** Calls of the queue's methods by name, and what the test may change. */
export interface Probe {
  readonly calls: Record<string, number>
  readonly queue: Queue["Type"]
  /** Fails the calls of these methods as long as they stand here. */
  readonly failing: Map<string, unknown>
  /** Ends an instance as a dispatcher would. */
  readonly end: (id: string, outcome: Outcome) => Effect.Effect<void>
  /** Ends one that was started for the dispatcher `d1`. */
  readonly endOwned: (id: string, outcome: Outcome) => Effect.Effect<void>
}

const DISPATCHER = "d1"

export const makeProbe = (overrides: Partial<Queue["Type"]> = {}): Effect.Effect<Probe> =>
  Effect.gen(function*() {
    const memory = yield* QueueMemory.make
    const calls: Record<string, number> = {}
    const failing = new Map<string, unknown>()
    const counted = Object.fromEntries(
      Object.entries({ ...memory, ...overrides }).map(([name, member]) => [
        name,
        typeof member !== "function" ?
          member :
          (...args: ReadonlyArray<unknown>) =>
            Effect.suspend(() => {
              calls[name] = (calls[name] ?? 0) + 1
              const error = failing.get(name)
              return error === undefined
                ? (member as (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown>)(...args)
                : Effect.fail(error)
            })
      ])
    ) as unknown as Queue["Type"]
    yield* memory.register({ id: DISPATCHER, host: "test", pid: 1 })
    const close = (claimed: Claimed, outcome: Outcome) =>
      memory.commit({
        id: `c-${claimed.id}`,
        dispatcher: DISPATCHER,
        entries: [{
          ...claimed,
          expectedSeq: 0,
          events: [],
          logs: [],
          consumed: [],
          outcome,
          snapshot: null,
          then: { kind: "close" }
        }]
      })
    const end = (id: string, outcome: Outcome) =>
      Effect.gen(function*() {
        const { claimed } = yield* memory.claim(DISPATCHER, 1000)
        const mine = claimed.find((one) => one.id === id)
        if (mine === undefined) return yield* Effect.dieMessage(`${id} is not due`)
        yield* memory.giveBack(DISPATCHER, claimed.filter((one) => one.id !== id))
        yield* close(mine, outcome)
      }).pipe(Effect.orDie)
    return {
      calls,
      queue: counted,
      failing,
      end,
      endOwned: (id: string, outcome: Outcome) => Effect.orDie(close({ id, epoch: 1 }, outcome))
    }
  }).pipe(Effect.orDie)

/** A client over a probe's queue. */
export const clientOf = (probe: Probe) =>
  RappelClient.layer.pipe(Layer.provide(Layer.mergeAll(
    Layer.succeed(Queue, probe.queue),
    Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
  )))
