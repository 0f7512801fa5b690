/**
 * Executes calls of actions: in worker processes, or in this process.
 *
 * Calls go in and reports come out in batches, as plain data. A call is executed
 * at least once by somebody; this pool reports each call that it was given exactly
 * once, also when a worker dies with it; heartbeats come before that.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Mailbox from "effect/Mailbox"
import type { StepNode } from "../program/Program.ts"

/**
 * What an execution may have to do with its loss, when its worker ended and nobody had asked for
 * that: it was all that the worker executed, or one of several.
 */
export type Blame = "sole" | "shared"

/** One execution to make. */
export interface CallRequest {
  /** Unique within the pool's life; the report carries it. */
  readonly id: number
  readonly instanceId: string
  readonly effect: number
  /** The action's id, as in `ActionNode.id`, and where it is found when no manifest says so. */
  readonly action: string
  readonly file: string
  readonly exportName: string
  /** The code of an implicit step, whose function no module exports. */
  readonly step?: StepNode
  /** The encoded array of arguments. */
  readonly args: string
  /** Counts executions of this call from 1, whatever became of them. */
  readonly attempt: number
  /** Encoded details of the last heartbeat of an earlier attempt. */
  readonly details?: string
  /** The action must settle itself, in a transaction of its own (`transaction/settleIn.ts`). */
  readonly transactional?: boolean
  /** Names the place of its outcome in the database; absent where there is none. */
  readonly slot?: string
  /** No other execution may be in its worker: it was lost with its worker before. */
  readonly alone?: boolean
}

export type CallReport =
  | {
    readonly id: number
    readonly kind: "succeeded"
    readonly value: string
    readonly millis: number
  }
  /** The action threw: an encoded error. */
  | {
    readonly id: number
    readonly kind: "failed"
    readonly error: string
    readonly millis: number
  }
  /** Nobody knows whether it ran: the worker died or the pool closed. Not a failed attempt. */
  | {
    readonly id: number
    readonly kind: "lost"
    readonly reason: string
    readonly blame?: Blame
  }
  /** It is alive, and what it wants its next attempt to know. Not its end. */
  | { readonly id: number; readonly kind: "heartbeat"; readonly details: string }

/**
 * @since 0.1.0
 * @category services
 */
export class WorkerPool extends Context.Tag("@rappel/core/worker/WorkerPool")<WorkerPool, {
  /** Executions that can run at the same time now; changes when workers come and go. */
  readonly slots: () => number
  /** Has the one listener called whenever there may be more slots; absent where they never change. */
  readonly onSlots?: (listener: () => void) => void
  /** Starts executions; the caller keeps within `slots`, and what is beyond waits in order. Never throws. */
  readonly submit: (calls: ReadonlyArray<CallRequest>) => void
  /**
   * Interrupts executions: their AbortSignal fires and their slots are free again at
   * once, even if the action does not listen. They are reported no more.
   */
  readonly interrupt: (
    ids: ReadonlyArray<number>,
    reason: "timeout" | "cancel" | "shutdown"
  ) => void
  /** Reports, in the order of their arrival. One reader. */
  readonly reports: Mailbox.ReadonlyMailbox<CallReport>
}>() {}
