/**
 * When a running execution is out of time: the end of its own limit or of its call's, or the
 * end of its silence.
 *
 * @since 0.1.0
 */
import type { TimeLimit } from "./DispatcherError.ts"

/** All of it on the queue's clock; Infinity without a limit. */
export interface Allowance {
  /** The end of its timeout, or of its call's deadline. */
  readonly endsAt: number
  readonly limitMillis: number | null
  /** How long it may be silent. */
  readonly heartbeatMillis: number | null
  beatAt: number
}

/** The moment until which it need not be looked at. */
export const nextLookAt = ({ beatAt, endsAt, heartbeatMillis }: Allowance): number =>
  Math.min(endsAt, beatAt + (heartbeatMillis ?? Infinity))

/** What ran out, if something has. */
export const ranOut = (
  allowance: Allowance,
  now: number
): { readonly kind: TimeLimit; readonly millis: number } | undefined => {
  if (allowance.endsAt <= now) return { kind: "timeout", millis: allowance.limitMillis ?? 0 }
  if (nextLookAt(allowance) > now) return undefined
  return { kind: "heartbeat", millis: allowance.heartbeatMillis! }
}
