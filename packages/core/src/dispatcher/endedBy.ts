/**
 * Ends that need no step of the machine: they come true also for an instance whose program
 * or state this release cannot load.
 *
 * @since 0.1.0
 */
import type { Outcome } from "../machine/Model.ts"
import { MACHINE_VERSION } from "../machine/Model.ts"
import type { Loaded, StoredEvent } from "../queue/Queue.ts"
import { encodeError } from "../value/Value.ts"
import { Cancelled } from "../workflow/errors.ts"
import { terminated } from "./advance.ts"

export interface End {
  readonly event: StoredEvent
  readonly outcome: Outcome | null
}

/**
 * The termination of an instance that is set aside, or a cancellation before the first step:
 * none of its code runs, also to no other end.
 */
export const endedBy = (loaded: Loaded, now: number): End | undefined => {
  const { aside, completed, epoch, events, inbox, lastSeq, snapshot, startedAt } = loaded
  const isAside = typeof aside === "string"
  const hasBegun = epoch > 1 || lastSeq > 0 || snapshot !== null
  const message = inbox.find(({ kind, repeated }) =>
    !repeated && (kind === "terminate" && (isAside || !hasBegun) || kind === "cancel" && !hasBegun)
  )
  if (message === undefined) return undefined
  const isTermination = message.kind === "terminate"
  const reason = message.payload
  const outcome: Outcome = isTermination
    ? terminated(reason)
    : { ok: false, error: encodeError(new Cancelled(reason)), verdict: "cancelled" }
  return {
    outcome: completed ? null : outcome,
    event: {
      seq: lastSeq + 1,
      kind: isTermination ? "terminated" : "cancelled",
      effect: 0,
      at: Math.max(startedAt, now, events.at(-1)?.at ?? 0),
      payload: reason,
      machine: MACHINE_VERSION,
      digest: 0,
      message: message.id
    }
  }
}
