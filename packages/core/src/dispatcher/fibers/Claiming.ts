/**
 * Brings instances into memory: those that are due, those that were started here, and those
 * that a commit refused. Reads the inboxes of those that are here.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Claimed, type Loaded, SUSPECT_CLAIMS } from "../../queue/Queue.ts"
import * as Bell from "../Bell.ts"
import type { StartedHere } from "../LocalDispatcher.ts"
import * as Loading from "./Loading.ts"
import { pauseOnFailure, type Run } from "./Run.ts"

/** At so many claims without progress an instance is set aside (PROTOCOL R13). */
const POISON_CLAIMS = 5

/** So many are taken before it is asked how much they hold; of those that were claimed they tell how many more fit. */
const FIRST_LOAD = 25

/** Instances whose inboxes are read in one statement. */
const POLL_BATCH = 100

const poisonReason = (claims: number): string =>
  `it was claimed ${claims} times and never got on: the processes that held it ended each time. ` +
  "Look at their logs for what it does, then resume it with `rappel instances resume`."

export interface Claiming {
  readonly fibers: ReadonlyArray<Effect.Effect<never>>
  /** What a commit refused may be this dispatcher's all the same. */
  readonly loadAgain: (refused: ReadonlyArray<Claimed>) => void
  /** Takes what was started for this dispatcher. */
  readonly started: (instances: ReadonlyArray<StartedHere>) => void
  /** Whether it was started for this dispatcher and is not in memory yet. */
  readonly isComing: (instance: string) => boolean
}

export const make = (run: Run): Claiming => {
  const { claimBell, core, queue, settings } = run
  const loading = Loading.make(run)
  /** What this dispatcher claimed, or a commit refused, and is not in memory. */
  const claimedHere = new Map<string, StartedHere>()
  const startedHere = new Map<string, StartedHere>()
  const startBell = Bell.make()
  /** Whether the fiber below is at it. */
  let isStarting = false
  /** Suspects of a claim that a failing statement left untaken, and what counted against them. */
  const counted = new WeakMap<Claimed, number>()

  /** Of what was started here all is known already, unless this dispatcher was declared dead since. */
  const read = (wanted: ReadonlyArray<StartedHere>) =>
    Effect.gen(function*() {
      const known: Array<Loaded> = []
      const unknown: Array<Claimed> = []
      for (const one of wanted) {
        if (one.fresh?.owner === run.id) known.push(one.fresh.loaded)
        else unknown.push(one)
      }
      return unknown.length === 0 ? known : known.concat(yield* queue.load(run.id, unknown))
    })

  /** Claims before this one was counted: it may be tried several times before it is taken. */
  const claimsOf = (one: Loaded, untaken: Map<string, StartedHere>): number =>
    counted.get(untaken.get(one.id)!) ?? one.claims

  /**
   * Takes instances whose former hosts ended before they got on with them: one may be what
   * ended them. Each is taken, and its claim counts, only when the one before it has got on;
   * so the guilty one is soon the only one that is counted (R13).
   */
  const takeOneByOne = (suspects: ReadonlyArray<Loaded>, untaken: Map<string, StartedHere>) =>
    Effect.gen(function*() {
      for (const suspect of suspects) {
        const claims = claimsOf(suspect, untaken)
        counted.set(untaken.get(suspect.id)!, claims)
        yield* queue.countClaim(run.id, suspect, claims + 1)
        yield* run.paced(Effect.suspend(() => loading.take(suspect) ?? Effect.void))
        untaken.delete(suspect.id)
        run.settle()
        yield* run.until(() => core.isDurable(suspect.id))
      }
    })

  /**
   * Takes what was claimed and is still this dispatcher's. What a failing statement leaves
   * in `untaken` is tried again: nobody else would ever look for it. What finds no room goes
   * back: how much an instance holds is known when it was loaded.
   */
  const takeAll = (untaken: Map<string, StartedHere>) =>
    Effect.gen(function*() {
      const claimed = Array.from(untaken.values())
      for (let from = 0, count = FIRST_LOAD; from < claimed.length; from += count) {
        if (from > 0) count = Math.max(core.capacity(), FIRST_LOAD)
        if (core.isHeavy()) {
          const rest = claimed.slice(from).filter((one) => !core.holds(one))
          yield* queue.giveBack(run.id, rest)
          for (const one of rest) if (untaken.get(one.id) === one) untaken.delete(one.id)
          return
        }
        yield* takePart(claimed.slice(from, from + count), untaken)
      }
    })

  const takePart = (claimed: ReadonlyArray<StartedHere>, untaken: Map<string, StartedHere>) =>
    Effect.gen(function*() {
      const loaded = yield* read(claimed.filter((one) => !core.holds(one)))
      const found = new Set(loaded.map((one) => one.id))
      for (const one of claimed) {
        if (!found.has(one.id) && untaken.get(one.id) === one) untaken.delete(one.id)
      }
      const suspects: Array<Loaded> = []
      let since = run.localNow()
      for (const one of loaded) {
        if (run.isWinded()) {
          yield* run.rest
          since = run.localNow()
        }
        const claims = claimsOf(one, untaken)
        if (claims >= SUSPECT_CLAIMS && claims < POISON_CLAIMS) {
          suspects.push(one)
          continue
        }
        const rest = claims < POISON_CLAIMS
          ? loading.take(one)
          : loading.setAside(one, poisonReason(claims))
        if (rest !== null) yield* rest
        untaken.delete(one.id)
        run.stepped(since)
      }
      run.settle()
      if (suspects.length > 0) yield* takeOneByOne(suspects, untaken)
    })

  /** Reads the inboxes of instances that are here. */
  const pollAll = (arrived: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      for (let at = 0; at < arrived.length; at += POLL_BATCH) {
        const polled = core.pollable(arrived.slice(at, at + POLL_BATCH))
        const messages = yield* queue.poll(run.id, polled)
        for (let from = 0; from < polled.length;) {
          from = yield* run.paced(Effect.sync(() => core.receive(polled, messages, from)))
        }
        run.settle()
      }
    })

  /** Claims once, and answers how long to wait before the next time without a hint. */
  const claimOnce = Effect.gen(function*() {
    if (claimedHere.size > 0) yield* takeAll(claimedHere)
    const limit = Math.max(Math.min(core.capacity(), settings.claimBatch), 0)
    run.isFull = limit === 0
    if (run.isFull) {
      core.makeRoom()
      run.settle()
    }
    const { arrived, claimed, nextDueAt, now: queueNow } = yield* queue.claim(run.id, limit)
    run.sync(queueNow)
    for (const one of claimed) claimedHere.set(one.id, one)
    if (claimed.length > 0) yield* takeAll(claimedHere)
    if (arrived.length > 0) yield* pollAll(arrived)
    if (run.isFull) return queue.pollMillis
    if (claimed.length === limit) return 0
    const untilDue = nextDueAt === null ? Infinity : Math.max(nextDueAt - queueNow, 0)
    return Math.min(queue.pollMillis, untilDue)
  })

  const claimer = Effect.forever(pauseOnFailure(
    "Could not claim instances",
    Effect.gen(function*() {
      claimBell.reset()
      const waitMillis = yield* claimOnce
      if (waitMillis > 0) yield* claimBell.wait(waitMillis)
    })
  ))

  const starter = Effect.forever(pauseOnFailure(
    "Could not load instances that were started here",
    Effect.gen(function*() {
      startBell.reset()
      if (startedHere.size === 0) yield* startBell.wait(Infinity)
      isStarting = true
      yield* Effect.ensuring(takeAll(startedHere), Effect.sync(() => isStarting = false))
    })
  ))

  /**
   * Takes what needs no statement first, which nearly all of it doesn't: to wake the fiber for
   * one instance costs more than to take it. What is left is the fiber's.
   */
  const takeAtOnce = (): void => {
    if (isStarting) return
    const since = run.localNow()
    let count = 0
    for (const one of startedHere.values()) {
      if (run.isWinded() || one.fresh?.owner !== run.id) break
      // Not for each: it sums up what all of them hold.
      if (count++ % FIRST_LOAD === 0 && core.isHeavy()) break
      // Asked again by the fiber, this answers the same.
      if (!core.holds(one) && loading.take(one.fresh.loaded) !== null) break
      startedHere.delete(one.id)
      run.stepped(since)
    }
    run.settle()
  }

  return {
    fibers: [claimer, starter],
    started: (instances) => {
      for (const one of instances) startedHere.set(one.id, one)
      takeAtOnce()
      if (startedHere.size > 0) startBell.ring()
    },
    isComing: (instance) => startedHere.has(instance),
    loadAgain: (refused) => {
      if (refused.length === 0) return
      for (const one of refused) claimedHere.set(one.id, one)
      claimBell.ring()
    }
  }
}
