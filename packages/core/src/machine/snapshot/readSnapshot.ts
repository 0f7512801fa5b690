/**
 * An instance from its text.
 *
 * @since 0.1.0
 */
import { decodeHeap } from "../../heap/decodeHeap.ts"
import type { LoadedProgram } from "../Code.ts"
import type { Effect } from "../effects.ts"
import type { Env } from "../Frame.ts"
import { Instance } from "../Instance.ts"
import { Random } from "../Random.ts"
import { whileRunning } from "../running.ts"
import { type Kept, UntilEffect } from "../waits.ts"
import { ReadingHost } from "./snapshotHost.ts"
import { SnapshotTooNew } from "./SnapshotTooNew.ts"
import { PREFIX, SNAPSHOT_FORMAT } from "./writeSnapshot.ts"

type Roots = readonly [
  instanceId: string,
  effects: number,
  random: ReadonlyArray<number>,
  ends: number,
  modules: ReadonlyArray<Env | null>,
  pending: ReadonlyArray<Effect>,
  kept?: ReadonlyArray<readonly [channel: string, signals: Array<Kept>]>
]

/** How every format begins. */
const FORMAT_FOUND = /^\{"machine":(\d+),/

/** **Errors** `SnapshotTooNew`; a `TypeError` for a text that is no snapshot. */
export const readSnapshot = (program: LoadedProgram, text: string): Instance => {
  if (!text.startsWith(PREFIX)) {
    const format = Number(FORMAT_FOUND.exec(text)?.[1])
    if (format > SNAPSHOT_FORMAT) throw new SnapshotTooNew(format, SNAPSHOT_FORMAT)
    throw new TypeError(`Not a snapshot of format ${SNAPSHOT_FORMAT}: it is damaged`)
  }
  const state = new Instance(program, "", new Random([0, 0, 0, 0]))
  const host = new ReadingHost(program)
  const roots = whileRunning(state, () => {
    const read = decodeHeap(text.slice(PREFIX.length, -1), host)
    host.finish()
    return read
  })
  const [instanceId, effects, random, ends, modules, pending, kept = []] = roots as unknown as Roots
  state.instanceId = instanceId
  state.random = new Random(random)
  state.effects = effects
  state.completed = (ends & 1) !== 0
  state.closed = (ends & 2) !== 0
  state.isCancelled = (ends & 4) !== 0
  modules.forEach((env, at) => {
    state.modules[at] = env ?? undefined
  })
  for (const [channel, signals] of kept) state.kept.set(channel, signals)
  for (const effect of pending) {
    state.pending.set(effect.effect, effect)
    if (effect instanceof UntilEffect) state.conditions.add(effect)
  }
  return state
}
