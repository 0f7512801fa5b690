/**
 * Heartbeats on their way to the pool: an action may call `heartbeat()` in a tight loop, so what
 * it tells within a moment travels as one, with the last details.
 *
 * @since 0.1.0
 */
import type { CallReport } from "@rappel/core/worker/WorkerPool"

type Heartbeat = Extract<CallReport, { readonly kind: "heartbeat" }>

/** Far below any sensible `heartbeat` of a policy, and few enough messages. */
const GATHER_MILLIS = 100

export interface Heartbeats {
  readonly put: (heartbeat: Heartbeat) => void
  /** Sends the last one of an execution now, as it ends. */
  readonly flush: (id: number) => void
}

export const make = (send: (heartbeat: Heartbeat) => void): Heartbeats => {
  const waiting = new Map<number, Heartbeat>()
  let isArmed = false

  const sendAll = () => {
    isArmed = false
    for (const heartbeat of waiting.values()) send(heartbeat)
    waiting.clear()
  }

  return {
    put: (heartbeat) => {
      waiting.set(heartbeat.id, heartbeat)
      if (isArmed) return
      isArmed = true
      setTimeout(sendAll, GATHER_MILLIS).unref()
    },
    flush: (id) => {
      const last = waiting.get(id)
      if (last !== undefined && waiting.delete(id)) send(last)
    }
  }
}
