/**
 * Takes an instance into memory: its last snapshot plus the events after it.
 *
 * Catching up steps the recorded events through the machine again and acts on nothing; only
 * when the last one is applied is what is still pending carried out (PROTOCOL R11). A call
 * that an earlier owner may have given out is first recorded as lost (R10).
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import type { Machine, PendingEffect, Policy, Step } from "../machine/Model.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import type { ProgramFile } from "../program/Program.ts"
import { decodeVerdict } from "../queue/callVerdict.ts"
import type { Loaded, StoredEvent } from "../queue/Queue.ts"
import { absorb, failIfStalled } from "./advance.ts"
import { lose } from "./attempts.ts"
import { Backlog, type CallEffect, type FreshCalls } from "./Backlog.ts"
import { digestOf } from "./digest.ts"
import { Damaged, Diverged, NewerFormat } from "./DispatcherError.ts"
import {
  type CallRecord,
  decodeAttempt,
  decodeFailed,
  decodeLost,
  decodeSnapshot,
  SNAPSHOT_FORMAT,
  type SnapshotHead,
  voidedBy
} from "./EventCodec.ts"
import { isStep, machineEventOf } from "./machineEvents.ts"
import { split } from "./offers.ts"
import {
  attemptOf,
  type Call,
  CALL_WINDOW,
  emptyPending,
  newCall,
  type Owned,
  takeFresh
} from "./Owned.ts"
import { Sparse } from "./Sparse.ts"

/** Pending effects that nobody was given yet, with the time at which they were asked for. */
const freshOf = (
  pending: Iterable<PendingEffect>,
  records: ReadonlyMap<number, CallRecord>,
  times: SnapshotHead["fresh"]
): ReadonlyArray<FreshCalls> => {
  const stretches = times.map(([first, at]) => ({ first, at, calls: [] as Array<CallEffect> }))
  let i = 0
  for (const effect of pending) {
    if (effect.kind !== "call" || records.has(effect.effect)) continue
    while (i + 1 < stretches.length && stretches[i + 1]!.first <= effect.effect) i++
    stretches[i]!.calls.push(effect)
  }
  return stretches.filter(({ calls }) => calls.length > 0)
}

const begin = (loaded: Loaded, machine: Machine, file: ProgramFile, head: Head) => {
  const started = head === null
    ? machine.start({
      instanceId: loaded.id,
      input: loaded.input,
      seed: loaded.seed,
      at: loaded.startedAt,
      ...(loaded.entry == null ? {} : { entry: loaded.entry })
    })
    : { state: machine.restore(head.machine), step: undefined }
  const owned: Owned = {
    id: loaded.id,
    epoch: loaded.epoch,
    file,
    machine,
    state: started.state,
    seed: loaded.seed,
    backlog: new Backlog(),
    ready: [],
    running: 0,
    outbound: new Backlog(),
    reoffered: [],
    offered: 0,
    seq: loaded.snapshot?.seq ?? 0,
    durableSeq: loaded.lastSeq,
    lastStepAt: head?.head.lastStepAt ?? loaded.startedAt,
    calls: new Map(),
    timers: new Sparse(),
    deadlines: new Sparse(),
    newTimers: [],
    pending: emptyPending(),
    completed: loaded.completed,
    told: loaded.completed,
    closed: false,
    eventBytes: 0,
    fuel: 0,
    snapshotBytes: loaded.snapshot?.body.length ?? 0,
    inputBytes: loaded.input.length,
    aside: null,
    busyRounds: 0,
    gone: false,
    dropped: [],
    taken: new Sparse(),
    confirmed: [],
    hasMore: false,
    movedAt: 0,
    isIdleArmed: false
  }
  const issued = new Set<number>()
  if (head === null) return { owned, step: started.step, issued, kept: true } as const
  const records = new Map(head.head.calls.map((record) => [record.effect, record]))
  for (const record of records.values()) {
    const effect = owned.state.pending.get(record.effect)
    if (effect?.kind !== "call") continue
    owned.calls.set(effect.effect, restoreCall(newCall(owned, effect, record.startedAt), record))
    if (record.issued) issued.add(effect.effect)
  }
  owned.pending.fresh.push(...freshOf(owned.state.pending.values(), records, head.head.fresh))
  return { owned, step: started.step, issued, kept: head.head.kept } as const
}

const restoreCall = (call: Call, record: CallRecord): Call => {
  call.attempts = record.attempts
  call.timeouts = record.timeouts
  call.losses = record.losses
  call.deaths = record.deaths ?? 0
  call.crashes = record.crashes ?? 0
  call.retryAt = record.retryAt
  call.details = record.details ?? null
  return call
}

/** The call of an effect; one of which nothing was recorded so far is found among the fresh ones. */
const callOf = (owned: Owned, effect: number): Call | undefined => {
  const known = owned.calls.get(effect)
  if (known !== undefined) return known
  const asked = owned.state.pending.get(effect)
  if (asked?.kind !== "call") return undefined
  const { fresh } = owned.pending
  let i = fresh.length - 1
  while (i > 0 && fresh[i]!.calls[0]!.effect > effect) i--
  const call = newCall(owned, asked, fresh[i]!.at)
  owned.calls.set(effect, call)
  return call
}

type Head = ReturnType<typeof decodeSnapshot> | null

/** What a newer release wrote, or does not fit together, at this event; undefined for neither. */
const refusalOf = (owned: Owned, event: StoredEvent): NewerFormat | Damaged | undefined => {
  if (event.machine > MACHINE_VERSION) {
    return new NewerFormat({
      instanceId: owned.id,
      what: `Event ${event.seq}`,
      found: event.machine,
      known: MACHINE_VERSION
    })
  }
  const damaged = (what: string) => new Damaged({ instanceId: owned.id, seq: event.seq, what })
  if (event.seq !== owned.seq + 1) return damaged(`its log has a hole after event ${owned.seq}`)
  const isOfAnEffect = event.kind === "settled" || event.kind === "fired" ||
    event.kind === "patched" || event.kind === "failed"
  return isOfAnEffect && !owned.state.pending.has(event.effect)
    ? damaged(`an outcome of effect ${event.effect}, for which nothing waits,`)
    : undefined
}

/** Applies one recorded event as it was applied when it was recorded. */
const replay = (
  owned: Owned,
  event: StoredEvent,
  issued: Set<number>
): Step | undefined => {
  owned.seq = event.seq
  owned.eventBytes += 100 + (event.payload?.length ?? 0)
  if (event.kind === "attempt" || event.kind === "lost" || event.kind === "heartbeat") {
    const call = callOf(owned, event.effect)
    if (call === undefined) return undefined
    if (event.kind === "heartbeat") {
      call.details = event.payload
      issued.add(event.effect)
      return undefined
    }
    if (event.kind === "lost") {
      const { count, crashes = 0, deaths = 0, details = null, retryAt } = decodeLost(event.payload!)
      Object.assign(call, { losses: count, deaths, crashes, details, retryAt })
    } else {
      const { count, details = null, kind, retryAt } = decodeAttempt(event.payload!)
      if (kind === "failed") call.attempts = count
      else call.timeouts = count
      Object.assign(call, { details, retryAt })
    }
    issued.delete(event.effect)
    return undefined
  }
  if (!isStep(event)) return undefined
  if (event.kind === "failed") {
    const { count, details = null, retryAt } = decodeFailed(event.payload!)
    const call = callOf(owned, event.effect)
    if (call !== undefined) Object.assign(call, { attempts: count, details, retryAt })
    if (retryAt === null) owned.calls.delete(event.effect)
    issued.delete(event.effect)
  }
  if (event.kind === "settled" || event.kind === "patched") owned.calls.delete(event.effect)
  const told = machineEventOf(event)
  if (told.kind === "repaired") { for (const effect of told.again) owned.calls.delete(effect) }
  owned.lastStepAt = event.at
  return owned.machine.apply(owned.state, told)
}

/**
 * An instance that can go on at once, or the first event that no longer leads where it led.
 *
 * `backlog` and `pending.held` of the result are what the dispatcher carries out now; what was
 * lost follows after the commit of the losses that `pending.events` then holds.
 */
export const adopt = (
  loaded: Loaded,
  machine: Machine,
  file: ProgramFile,
  now: number,
  isOffered: (policy: Policy) => boolean = () => false
): Either.Either<Owned, Diverged | Damaged | NewerFormat> => {
  const head = loaded.snapshot === null ? null : decodeSnapshot(loaded.snapshot.body)
  if (head !== null && head.head.format > SNAPSHOT_FORMAT) {
    return Either.left(
      new NewerFormat({
        instanceId: loaded.id,
        what: "The snapshot",
        found: head.head.format,
        known: SNAPSHOT_FORMAT
      })
    )
  }
  const { issued, kept, owned, step } = begin(loaded, machine, file, head)
  if (step !== undefined) absorb(owned, step, loaded.startedAt)
  // What the steps of events said, sent and started was stored with them. Of the very first
  // step, which has no event, it goes with the first commit; repeating that changes nothing.
  const keepLogs = loaded.lastSeq === 0

  const voided = voidedBy(loaded.events)
  for (const event of loaded.events) {
    if (voided.has(event.seq)) {
      if (event.seq === owned.seq + 1) owned.seq = event.seq
      continue
    }
    const refusal = refusalOf(owned, event)
    if (refusal !== undefined) return Either.left(refusal)
    const replayed = replay(owned, event, issued)
    if (replayed === undefined) continue
    const found = digestOf(replayed.commands)
    if (event.machine !== MACHINE_VERSION || found !== event.digest) {
      return Either.left(
        new Diverged({ instanceId: loaded.id, seq: event.seq, recorded: event.digest, found })
      )
    }
    absorb(owned, replayed, event.at)
  }

  if (owned.seq !== loaded.lastSeq) {
    return Either.left(
      new Damaged({
        instanceId: loaded.id,
        seq: loaded.lastSeq,
        what: `its log ends with event ${owned.seq} and not`
      })
    )
  }
  markOffered(owned, loaded)
  const { children, fresh, logs, outcome, published, sent } = owned.pending
  owned.pending = emptyPending()
  if (keepLogs) {
    owned.pending.logs.push(...logs)
    owned.pending.children.push(...children)
    owned.pending.sent.push(...sent)
    for (const [name, value] of published) owned.pending.published.set(name, value)
  }
  if (!loaded.completed) owned.pending.outcome = outcome
  failIfStalled(owned)
  if (owned.completed && owned.state.pending.size === 0) owned.closed = true

  owned.timers.clear()
  owned.newTimers = []
  for (const effect of owned.state.pending.values()) {
    if (effect.kind !== "timer") continue
    owned.timers.set(effect.effect, effect.dueAt)
    owned.newTimers.push(effect.effect)
  }
  limitCalls(owned, fresh)

  const at = Math.max(owned.lastStepAt, now)
  // Its last owner left it without a word, or a claim of it was never followed by a commit.
  const crashed = loaded.epoch > 1 &&
    (kept || loaded.snapshot === null || loaded.snapshot.seq < loaded.lastSeq ||
      loaded.claims > 1)
  for (const call of owned.calls.values()) {
    if (call.offered !== null) continue
    const mayHaveRun = crashed && (call.retryAt === null || call.retryAt <= now)
    if (issued.has(call.effect) || mayHaveRun) lose(call, LOST, at)
    else owned.pending.held.push(call)
  }
  for (const stretch of fresh) {
    const { here, offered } = split(stretch, isOffered)
    owned.backlog.add(here)
    owned.outbound.add(offered)
  }
  if (crashed) loseFirst(owned, at)
  return Either.right(owned)
}

/** When the time of each call ends that waits, runs, or was not given out yet. */
const limitCalls = (owned: Owned, fresh: ReadonlyArray<FreshCalls>): void => {
  const limit = (effect: number, deadlineMillis: number | undefined, startedAt: number) => {
    if (deadlineMillis === undefined) return
    owned.deadlines.set(effect, startedAt + deadlineMillis)
    owned.newTimers.push(effect)
  }
  owned.deadlines.clear()
  for (const { at, calls } of fresh) {
    for (const { effect, policy } of calls) {
      if (owned.state.pending.has(effect)) limit(effect, policy.deadlineMillis, at)
    }
  }
  for (const { effect, policy, startedAt } of owned.calls.values()) {
    limit(effect, policy.deadlineMillis, startedAt)
  }
}

/** Attempts of which there is an offer or a verdict: they were not given out here. */
const markOffered = (owned: Owned, { inbox, offered = [] }: Loaded): void => {
  const mark = (effect: number, attempt: number) => {
    const call = callOf(owned, effect)
    if (call === undefined || call.offered !== null || attempt !== attemptOf(call)) return
    call.offered = "routed"
    call.retryAt = null
    owned.offered++
  }
  for (const { attempt, effect } of offered) mark(effect, attempt)
  for (const { effect, kind, payload } of inbox) {
    if (kind === "call") mark(effect, decodeVerdict(payload!).attempt)
    else if (kind === "outcome") {
      const call = callOf(owned, effect)
      if (call !== undefined) mark(effect, attemptOf(call))
    }
  }
}

const LOST = "its dispatcher ended"

/**
 * Owners before this one have given out calls in the order in which they were asked for, and
 * no more than a window of them at a time: these may have run, all later ones have not.
 */
const loseFirst = (owned: Owned, at: number): void => {
  for (let i = 0; i < CALL_WINDOW; i++) {
    const next = takeFresh(owned)
    if (next === undefined) return
    lose(next, LOST, at)
  }
}
