/**
 * Steps instances: a state and an event in, a new state and commands out.
 *
 * The scheduler is synchronous and knows no storage; the dispatcher feeds it with
 * events and makes what comes out durable before it acts on it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { load } from "../machine/Machine.ts"
import type { Machine, Policy } from "../machine/Model.ts"
import { type Watch, Watchdog } from "../machine/Watchdog.ts"
import type { ProgramFile } from "../program/Program.ts"
import { DefaultPolicy } from "../retry/DefaultPolicy.ts"

/**
 * @since 0.1.0
 * @category services
 */
export class Scheduler extends Context.Tag("@rappel/core/scheduler/Scheduler")<Scheduler, {
  /** The machine of a program: made once, shared by all its instances. */
  readonly machine: (file: ProgramFile) => Machine
  /**
   * Whether an instance's state is written with its next commit: when the events
   * since the last snapshot outweigh it, so that a long loop costs O(n) bytes in all.
   */
  readonly snapshotDue: (
    since: { readonly eventBytes: number; readonly fuel: number },
    snapshotBytes: number
  ) => boolean
}>() {}

/** Below this, catching up from the events is cheaper than writing a snapshot (PROTOCOL R12). */
const SNAPSHOT_FLOOR_BYTES = 64 * 1024

/** About 200 ms of stepping: 80 ns per loop iteration (docs/decisions/0002-structured-tree.md). */
const SNAPSHOT_FUEL = 2_500_000

const make = (watch: Watch | undefined, policy: Policy): Scheduler["Type"] => {
  const machines = new Map<string, Machine>()
  return Scheduler.of({
    machine: (file) => {
      const known = machines.get(file.hash)
      if (known !== undefined) return known
      const machine = load(file, { watch, policy })
      machines.set(file.hash, machine)
      return machine
    },
    snapshotDue: ({ eventBytes, fuel }, snapshotBytes) =>
      eventBytes > Math.max(SNAPSHOT_FLOOR_BYTES, snapshotBytes) || fuel > SNAPSHOT_FUEL
  })
}

/**
 * Machines are kept for the life of the layer, by program hash.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Scheduler> = Layer.effect(
  Scheduler,
  Effect.zipWith(Watchdog, DefaultPolicy, make)
)
