/**
 * The queue of the simulation, broken on purpose.
 */
import type { Claimed, CommitEntry } from "../../../src/queue/Queue.ts"
import type { Sabotage } from "./Sabotage.ts"
import type { SimQueue } from "./SimQueue.ts"

/** Commits with their entries changed on the way. */
const changing = (
  honest: SimQueue,
  change: (entry: CommitEntry) => CommitEntry
): SimQueue["commit"] =>
(commit) => honest.commit({ ...commit, entries: commit.entries.map(change) })

/** What a sabotage puts in place of the honest methods. */
export const broken = (
  honest: SimQueue,
  nextId: () => string,
  sabotage: Sabotage | undefined
): Partial<SimQueue> => {
  switch (sabotage) {
    case "stale-owner": {
      const owners = new Map<string, { readonly dispatcher: string; readonly epoch: number }>()
      const note = (dispatcher: string, { epoch, id }: Claimed) => {
        if (epoch > (owners.get(id)?.epoch ?? 0)) owners.set(id, { dispatcher, epoch })
      }
      return {
        start: (request, owner) => {
          honest.start(request, owner)
          if (owner !== undefined) note(owner, { id: request.id, epoch: 1 })
        },
        claim: (dispatcher, limit) => {
          const claims = honest.claim(dispatcher, limit)
          for (const claimed of claims.claimed) note(dispatcher, claimed)
          return claims
        },
        commit: (commit) => {
          const accepted = new Set<string>()
          for (const entry of commit.entries) {
            const { dispatcher, epoch } = owners.get(entry.id)!
            const expectedSeq = honest.history(entry.id).length
            const forged = epoch === entry.epoch ? entry : { ...entry, epoch, expectedSeq }
            const one = honest.commit({ ...commit, dispatcher, entries: [forged] })
            for (const id of one.accepted) accepted.add(id)
          }
          return { accepted, busy: new Set(), now: 0 }
        }
      }
    }
    case "lost-wake":
      return {
        deliver: (message) => {
          if (honest.find(message.instanceId).status !== "running") honest.deliver(message)
        }
      }
    case "double-outcome":
      return { deliver: (message) => honest.deliver({ ...message, id: nextId() }) }
    case "torn-snapshot":
      return {
        commit: changing(honest, (entry) =>
          entry.snapshot === null
            ? entry
            : { ...entry, snapshot: { ...entry.snapshot, seq: entry.snapshot.seq + 1 } })
      }
    case "lost-attempts":
      return {
        load: (dispatcher, claimed) =>
          honest.load(dispatcher, claimed).map((loaded) => ({
            ...loaded,
            events: loaded.events.map((event) =>
              event.kind === "attempt" ? { ...event, kind: "lost" as const } : event
            )
          }))
      }
    case "no-limit":
      return {
        commit: changing(honest, (entry) => ({
          ...entry,
          offers: (entry.offers ?? []).map((offer) => ({ ...offer, limit: null }))
        }))
      }
    case "late-settle":
      return {
        settle: (call, value) => {
          honest.settle(call, value)
          return true
        }
      }
    case "unseen-settle":
      return {
        settle: (call, value) => {
          const isSettled = honest.settle(call, value)
          if (isSettled) honest.unsettle(call)
          return isSettled
        }
      }
    case "lost-details":
      return {
        load: (dispatcher, claimed) =>
          honest.load(dispatcher, claimed).map((loaded) => ({
            ...loaded,
            events: loaded.events.map((event) =>
              event.kind === "heartbeat" ? { ...event, payload: null } : event
            )
          }))
      }
    case "late-signal":
      return {
        deliver: (message) => {
          const isTaken = message.kind === "signal" &&
            honest.history(message.instanceId).some(({ kind }) => kind === "fired")
          if (!isTaken) honest.deliver(message)
        }
      }
    case "early-cancel":
      return {
        start: (request, owner) =>
          honest.start(
            request.deadlineMillis === undefined
              ? request
              : { ...request, deadlineMillis: request.deadlineMillis / 2 },
            owner
          )
      }
    case "double-child":
      return {
        commit: changing(honest, ({ children = [], ...entry }) => ({
          ...entry,
          children: children.flatMap((child) => [child, { ...child, id: nextId() }])
        }))
      }
    case "orphan":
      return { commit: changing(honest, (entry) => ({ ...entry, sent: [] })) }
    case "lost-kept":
      return {
        service: {
          ...honest.service,
          repair: (repairs) =>
            honest.service.repair(repairs.map((repair) => ({ ...repair, messages: [] })))
        }
      }
    default:
      return {}
  }
}
