/**
 * How an owned instance moves: pure over plain data, no clock and no I/O.
 *
 * Each function applies one fact in memory and adds the event to what the next commit
 * stores. Nothing here acts: what a step asks for is held in `pending`.
 *
 * @since 0.1.0
 */
import { deriveId } from "../machine/deriveId.ts"
import type { MachineEvent, Outcome, Step } from "../machine/Model.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import type { Arrived, StoredEvent } from "../queue/Queue.ts"
import { cutLine } from "../value/limits.ts"
import { encodeError } from "../value/Value.ts"
import { Terminated } from "../workflow/errors.ts"
import type { CallEffect } from "./Backlog.ts"
import { digestOf } from "./digest.ts"
import { WorkflowStalled } from "./DispatcherError.ts"
import { decodeOutcome, encodeOutcome, encodePatch, encodeSignal } from "./EventCodec.ts"
import { type Call, keyOf, type Owned } from "./Owned.ts"

/** What an event row weighs beside its payload, for the decision on snapshots. */
const EVENT_OVERHEAD_BYTES = 100

/** Adds an event to what the next commit stores. */
export const store = (owned: Owned, event: Omit<StoredEvent, "seq" | "machine">): void => {
  owned.seq++
  const { at, digest, effect, kind, message, payload } = event
  const { seq } = owned
  owned.pending.events.push(
    message === undefined
      ? { seq, kind, effect, at, payload, machine: MACHINE_VERSION, digest }
      : { seq, kind, effect, at, payload, machine: MACHINE_VERSION, digest, message }
  )
  owned.eventBytes += EVENT_OVERHEAD_BYTES + (payload?.length ?? 0)
}

/** Takes over what a step asked for; calls are held until the commit. */
export const absorb = (owned: Owned, step: Step, at: number): void => {
  const { pending } = owned
  const calls: Array<CallEffect> = []
  owned.fuel += step.fuel
  for (const command of step.commands) {
    switch (command.kind) {
      case "call": {
        calls.push(command)
        const { deadlineMillis } = command.policy
        if (deadlineMillis === undefined) break
        owned.deadlines.set(command.effect, at + deadlineMillis)
        owned.newTimers.push(command.effect)
        break
      }
      case "timer":
        owned.timers.set(command.effect, command.dueAt)
        owned.newTimers.push(command.effect)
        break
      case "drop": {
        owned.timers.delete(command.effect)
        owned.deadlines.delete(command.effect)
        const call = owned.calls.get(command.effect)
        if (call === undefined) break
        owned.calls.delete(command.effect)
        withdraw(call)
        pending.dropped.push(call)
        owned.dropped.push(call)
        break
      }
      case "wait":
        break
      case "child": {
        const { delayMillis, effect, entry, id, input, name, seed } = command
        pending.children.push({
          id,
          name,
          effect,
          entry,
          input,
          seed,
          dueAt: delayMillis === undefined ? null : at + delayMillis
        })
        break
      }
      case "send":
        pending.sent.push({
          id: command.id,
          instanceId: command.to,
          kind: command.message,
          effect: 0,
          name: command.name,
          payload: command.payload
        })
        break
      case "reply":
        pending.replies.push({ message: command.message, outcome: command.outcome })
        break
      case "publish":
        pending.published.set(command.name, command.value)
        break
      case "log":
        pending.logs.push(JSON.stringify({ level: command.level, text: cutLine(command.text), at }))
        break
      case "complete":
        pending.outcome = command.outcome
        owned.completed = true
        break
    }
  }
  if (calls.length > 0) pending.fresh.push({ at, calls })
  if (step.closed) {
    owned.closed = true
    owned.timers.clear()
    owned.deadlines.clear()
  }
}

/**
 * Fails an instance that waits for nothing that could still come, where Node would end with
 * "unsettled top-level await".
 */
export const failIfStalled = (owned: Owned): void => {
  if (owned.completed) return
  // A condition cannot come true by itself.
  for (const { kind } of owned.state.pending.values()) if (kind !== "until") return
  end(owned, new WorkflowStalled())
}

/** Fails an instance from outside; what it still asked for is dropped. */
export const end = (owned: Owned, reason: unknown): void => {
  if (!owned.completed) owned.pending.outcome = { ok: false, error: encodeError(reason) }
  owned.completed = true
  owned.closed = true
}

const stepWith = (
  owned: Owned,
  event: MachineEvent,
  payload: string | null,
  message?: string,
  kind: StoredEvent["kind"] = event.kind
): void => {
  const step = owned.machine.apply(owned.state, event)
  owned.lastStepAt = event.at
  store(owned, {
    kind,
    effect: "effect" in event ? event.effect : 0,
    at: event.at,
    payload,
    digest: digestOf(step.commands),
    ...(message === undefined ? {} : { message })
  })
  absorb(owned, step, event.at)
  failIfStalled(owned)
}

/** Step time: never before the last step, never before a timer's deadline. */
export const stepTime = (owned: Owned, now: number): number => Math.max(owned.lastStepAt, now)

export const settle = (
  owned: Owned,
  effect: number,
  outcome: Outcome,
  at: number,
  message?: string
): void => {
  const call = owned.calls.get(effect)
  if (call !== undefined) stop(call)
  owned.calls.delete(effect)
  owned.deadlines.delete(effect)
  stepWith(owned, { kind: "settled", effect, at, outcome }, encodeOutcome(outcome), message)
}

export const fire = (owned: Owned, effect: number, now: number): void => {
  const dueAt = owned.timers.get(effect)!
  owned.timers.delete(effect)
  stepWith(owned, { kind: "fired", effect, at: Math.max(stepTime(owned, now), dueAt) }, null)
}

/** An execution is over, whatever came of it. */
export const stop = (call: Call): void => {
  if (call.offered !== null) {
    call.offered = null
    call.owned.offered--
  }
  if (call.running === null) return
  call.running = null
  call.owned.running--
}

/** Nobody waits for this attempt any more: whoever has taken it ends it. */
export const withdraw = (call: Call): void => {
  if (call.offered === null) return
  call.owned.pending.withdrawn.push(keyOf(call))
  call.offered = null
  call.owned.offered--
}

/** A message came: it becomes an event, or nothing when it is too late for it. */
export const receive = (owned: Owned, message: Arrived, now: number): void => {
  owned.pending.consumed.push(message.id)
  if (owned.closed) return
  const at = stepTime(owned, now)
  const { id, kind, name, payload } = message
  if (kind === "terminate") return terminate(owned, payload, at, id)
  if (kind === "child") {
    const { effect } = message
    if (owned.state.pending.get(effect)?.kind !== "child") return
    const outcome = decodeOutcome(payload!)
    return stepWith(owned, { kind: "settled", effect, at, outcome }, payload, id)
  }
  if (kind === "outcome") return settleBy(owned, message, at)
  if (owned.completed) return
  if (kind === "cancel") return cancel(owned, payload, at, id)
  if (kind === "signal") {
    const event = { kind: "received", at, channel: name!, value: payload!, message: id } as const
    stepWith(owned, event, encodeSignal(event.channel, event.value), id)
  }
}

/** A repair gives a call or child its outcome; what runs of it is ended. */
const settleBy = (owned: Owned, message: Arrived, at: number): void => {
  const { effect, id, name } = message
  const payload = message.payload!
  const asked = owned.state.pending.get(effect)?.kind
  if (asked !== "call" && asked !== "child") return
  const call = owned.calls.get(effect)
  if (call !== undefined) {
    owned.calls.delete(effect)
    withdraw(call)
    owned.pending.dropped.push(call)
    owned.dropped.push(call)
  }
  const outcome = decodeOutcome(payload)
  const event = { kind: "settled", effect, at, outcome } as const
  if (name === null) stepWith(owned, event, payload, id)
  else stepWith(owned, event, encodePatch(name, outcome), id, "patched")
}

/** Rejects all that is pending with `Cancelled`; a deadline that passed leads here too. */
export const cancel = (
  owned: Owned,
  reason: string | null,
  at: number,
  message?: string
): void => stepWith(owned, { kind: "cancelled", at, reason }, reason, message)

/** Ends an instance without another step. */
const terminate = (owned: Owned, reason: string | null, at: number, message: string): void => {
  store(owned, { kind: "terminated", effect: 0, at, payload: reason, digest: 0, message })
  if (!owned.completed) owned.pending.outcome = terminated(reason)
  for (const child of owned.state.pending.values()) {
    if (child.kind !== "child" || child.abandoned) continue
    owned.pending.sent.push({
      id: deriveId(`${owned.id}/terminated`, child.effect, at),
      instanceId: child.id,
      kind: "terminate",
      effect: 0,
      name: null,
      payload: reason
    })
  }
  owned.completed = true
  owned.closed = true
}

export const terminated = (reason: string | null): Outcome => ({
  ok: false,
  error: encodeError(new Terminated(reason)),
  verdict: "terminated"
})
