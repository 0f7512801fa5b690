/**
 * Waits for the ends of instances: one subscription and one poll per process, however
 * many callers wait.
 *
 * A hint says which instances have finished and is answered by one `find` for all of them;
 * a slow poll of all that are waited for is what correctness rests on. A dispatcher in this process
 * tells of what it ends itself, which saves the look. While nobody waits
 * there is no subscription, so that an idle client keeps no connection and no process alive.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Bell from "../dispatcher/Bell.ts"
import { LocalDispatcher } from "../dispatcher/LocalDispatcher.ts"
import type { Outcome } from "../machine/Model.ts"
import { Queue, type Wake } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { InstanceNotFound } from "./ClientError.ts"

/** What came of an instance. */
export interface End {
  readonly id: string
  readonly name: string
  readonly program: string
  readonly outcome: Outcome | null
}

export type Ended = Exit.Exit<End, InstanceNotFound | QueueUnavailable>

/** One caller's wait for one instance. */
export interface Wait {
  /** Calls back once, when the instance has completed or failed, which releases the wait. */
  readonly onEnd: (listener: (ended: Ended) => void) => void
  /** From now on it is an error when the instance is unknown. */
  readonly confirm: (look: boolean) => void
  readonly release: () => void
}

export interface Waiter {
  /** Begins to wait; called before the start, so that no hint is missed. */
  readonly expect: (id: string) => Wait
}

interface Entry {
  isConfirmed: boolean
  exit: Ended | undefined
  listener: ((ended: Ended) => void) | undefined
}

/** Ids in one `find`. */
const FIND_BATCH = 1000

/** After the last wait; so that calls one after another share a subscription. */
const LINGER_MILLIS = 200

/** After a statement that failed. */
const PAUSE = "500 millis"

export const make: Effect.Effect<Waiter, never, Queue | Scope.Scope> = Effect.gen(function*() {
  const queue = yield* Queue
  const dispatcher = Option.getOrUndefined(yield* Effect.serviceOption(LocalDispatcher))
  const entries = new Map<string, Array<Entry>>()
  const look = new Set<string>()
  const bell = Bell.make()
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  let isLooping = false
  /** Whether the loop only waits for its end, and how many have begun to wait so far. */
  let isLingering = false
  let expected = 0

  const release = (id: string, entry: Entry) => {
    const waits = entries.get(id)
    const at = waits === undefined ? -1 : waits.indexOf(entry)
    if (at >= 0) waits!.splice(at, 1)
    if (waits?.length === 0) entries.delete(id)
    // While it lingers it has nothing to do: to end its rest and begin another took 40 KB of
    // garbage and 30 µs for each of the calls that come one after another.
    if (entries.size === 0 && !isLingering) bell.ring()
  }

  const end = (id: string, exit: Ended) => {
    // Those that are told are taken out meanwhile.
    for (const entry of entries.get(id)?.slice() ?? []) {
      if (entry.exit !== undefined) continue
      entry.exit = exit
      if (entry.listener === undefined) continue
      release(id, entry)
      entry.listener(exit)
    }
  }

  if (dispatcher !== undefined) {
    yield* Effect.acquireRelease(
      Effect.sync(() => dispatcher.onEnd((ended) => end(ended.id, Exit.succeed(ended)))),
      (stop) => Effect.sync(stop)
    )
  }

  const isOpen = (id: string): boolean => {
    for (const { exit } of entries.get(id) ?? []) if (exit === undefined) return true
    return false
  }

  /** Whether nobody else will say how it ends. */
  const isToBeFound = (id: string): boolean => dispatcher === undefined || !dispatcher.willTell(id)

  const isConfirmed = (id: string) =>
    Array.from(entries.get(id) ?? []).some((entry) => entry.isConfirmed)

  const lookUp = (ids: ReadonlyArray<string>): Effect.Effect<void, QueueUnavailable> =>
    Effect.suspend(() => {
      // Asked before the answer: a start that is confirmed meanwhile may not be in it.
      const missing = new Set(ids.filter(isConfirmed))
      return Effect.map(queue.find(ids), (records) => {
        for (const record of records) {
          missing.delete(record.id)
          if (record.outcome !== null) end(record.id, Exit.succeed(record))
        }
        for (const id of missing) end(id, Exit.fail(new InstanceNotFound({ instanceId: id })))
      })
    })

  /** Rides out a database that restarts; gives up only where waiting cannot help. */
  const lookUpBatch = (ids: ReadonlyArray<string>) =>
    Effect.catchAll(lookUp(ids), (error) => {
      if (!error.retryable) {
        for (const id of ids) end(id, Exit.fail(error))
        return Effect.void
      }
      for (const id of ids) look.add(id)
      return Effect.sleep(PAUSE)
    })

  const lookUpAll = Effect.gen(function*() {
    while (look.size > 0) {
      const ids = Array.from(look).slice(0, FIND_BATCH)
      for (const id of ids) look.delete(id)
      yield* lookUpBatch(ids.filter((id) => entries.has(id)))
    }
  })

  const lookForAll = () => {
    for (const id of entries.keys()) if (isOpen(id) && isToBeFound(id)) look.add(id)
    bell.ring()
  }

  const hear = (wake: Wake) => {
    if (wake.kind === "resync") lookForAll()
    if (wake.kind !== "finished") return
    for (const id of wake.ids) if (isOpen(id) && isToBeFound(id)) look.add(id)
    if (look.size > 0) bell.ring()
  }

  const loop = Effect.scoped(Effect.gen(function*() {
    yield* queue.listen(hear)
    // What finished before the subscription was there gave no hint.
    lookForAll()
    if (queue.pollMillis !== Infinity) {
      yield* Effect.forkScoped(
        Effect.forever(Effect.zipRight(Effect.sleep(queue.pollMillis), Effect.sync(lookForAll)))
      )
    }
    for (;;) {
      bell.reset()
      yield* lookUpAll
      if (entries.size > 0) {
        yield* bell.wait(Infinity)
        continue
      }
      const before = expected
      isLingering = true
      yield* bell.wait(LINGER_MILLIS)
      isLingering = false
      if (entries.size > 0 || expected !== before) continue
      // Before the subscription is closed, which takes a while: who comes then starts anew.
      isLooping = false
      return
    }
  }))

  const expect = (id: string): Wait => {
    expected++
    const entry: Entry = { isConfirmed: false, exit: undefined, listener: undefined }
    const waits = entries.get(id)
    if (waits === undefined) entries.set(id, [entry])
    else waits.push(entry)
    if (!isLooping) {
      isLooping = true
      run(loop)
    }
    return {
      onEnd: (listener) => {
        entry.listener = listener
        if (entry.exit === undefined) return
        release(id, entry)
        listener(entry.exit)
      },
      confirm: (lookNow) => {
        entry.isConfirmed = true
        if (!lookNow || !isToBeFound(id)) return
        look.add(id)
        bell.ring()
      },
      release: () => release(id, entry)
    }
  }

  return { expect }
})
