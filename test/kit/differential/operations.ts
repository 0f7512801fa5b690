/**
 * Operations carried out, and their answers in a form that two queues can be compared by: times
 * become words, sets become lists in order.
 *
 * @since 0.1.0
 */
import type {
  Claimed,
  Commit,
  CommitEntry,
  InstanceRecord,
  Message,
  Peer,
  Queue,
  StartRequest
} from "@rappel/core/queue/Queue"
import { MESSAGES } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { besides, callOperation, inOrder, isOfCalls, offersOf, queuesOf } from "./calls.ts"
import type { Operation } from "./drawing.ts"
import {
  callName,
  dispatcherId,
  eventOf,
  hash,
  HOUR,
  instanceId,
  INSTANCES,
  type Known,
  messageId,
  NUMBERS,
  uuid
} from "./known.ts"
import { isOfRepairs, learnRepair, repairOperation } from "./repairs.ts"

export { type Known, namingCalls, nothingKnown } from "./known.ts"

type Service = Queue["Type"]

const time = (millis: number | null) => millis === null ? null : "time"

const recordOf = (one: InstanceRecord) => ({
  ...one,
  deadlineAt: time(one.deadlineAt),
  createdAt: time(one.createdAt),
  startedAt: time(one.startedAt),
  finishedAt: time(one.finishedAt)
})

const byId = <A extends { readonly id: string }>(list: ReadonlyArray<A>): ReadonlyArray<A> =>
  list.toSorted((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

const newCommit = (
  known: Known,
  { entries }: Extract<Operation, { readonly kind: "commit" }>
): Commit | undefined => {
  const used = new Map<string, CommitEntry>()
  const owner = known.given[entries[0]!.given % Math.max(known.given.length, 1)]?.dispatcher
  if (owner === undefined) return undefined
  for (const one of entries) {
    const given = known.given[one.given % known.given.length]!
    if (used.has(given.id)) continue
    const expectedSeq = Math.max(given.lastSeq + one.seqOff, 0)
    const events = Array.from(
      { length: one.events },
      (_, i) => eventOf(given.id, expectedSeq + 1 + i, i, i === 0 ? one.message : null)
    )
    const answered = besides(one.offers, one.answered).map((key) =>
      callName({ instanceId: given.id, ...key })
    )
    const seq = expectedSeq + events.length
    used.set(given.id, {
      id: given.id,
      epoch: given.epoch + one.epochOff,
      expectedSeq,
      events,
      logs: Array.from({ length: one.logs }, () => "{}"),
      consumed: [...one.consumed.map((n) => messageId(given.id, n)), ...answered],
      outcome: one.outcome,
      ...offersOf(given.id, one),
      snapshot: one.snapshot ? { seq, body: `state ${seq}` } : null,
      then: one.then.kind === "release"
        ? {
          kind: "release",
          dueAt: one.then.inHours === null ? null : known.startedAt + one.then.inHours * HOUR
        }
        : one.then
    })
  }
  return {
    id: uuid("4", ++known.commits),
    dispatcher: owner,
    entries: Array.from(used.values())
  }
}

const givenAt = (known: Known, n: number) => known.given[n % Math.max(known.given.length, 1)]

/** What an operation does to a queue: the same for each, given the same `known`. */
export const call = (
  operation: Operation,
  known: Known
): (queue: Service) => Effect.Effect<unknown, unknown> => {
  if (isOfCalls(operation)) return callOperation(operation)
  if (isOfRepairs(operation)) return repairOperation(operation, known)
  switch (operation.kind) {
    case "start": {
      const batch = operation.requests.map((one): StartRequest => ({
        id: instanceId(one.request.instance),
        name: one.name,
        program: hash(1),
        input: one.input,
        seed: "0".repeat(32),
        ...(one.priority === undefined ? {} : { priority: one.priority }),
        ...(one.deadlineHours === undefined ? {} : { deadlineMillis: one.deadlineHours * HOUR }),
        ...(one.key === null ? {} : { key: `k${one.key}` }),
        ...(one.request.delayHours === undefined
          ? {}
          : { delayMillis: one.request.delayHours * HOUR })
      }))
      // What is stored all or none with keys may wait for a claim: `start` leaves it open.
      const isOpen = batch.length > 1 && batch.some(({ key }) => key !== undefined)
      const owner = operation.owner === null || isOpen ? undefined : dispatcherId(operation.owner)
      return (queue) =>
        Effect.map(
          queue.start(batch, owner),
          (answers) =>
            answers.map(({ startedAt, ...one }) =>
              startedAt === undefined ? one : { ...one, startedAt: time(startedAt) }
            )
        )
    }
    case "register": {
      const info = { id: dispatcherId(operation.dispatcher), host: "here", pid: 1 }
      return (queue) => Effect.map(queue.register(info), ({ now }) => time(now))
    }
    case "beat":
      return (queue) =>
        Effect.map(
          queue.beat(
            dispatcherId(operation.dispatcher),
            operation.queues === null ? undefined : { slots: 3, queues: operation.queues }
          ),
          (beat) => ({
            alive: beat.alive,
            peers: byId(beat.peers),
            hosts: beat.hosts.map(({ queues, slots }) => `${slots} ${queues.join()}`).toSorted(),
            limited: beat.limited.toSorted(),
            now: time(beat.now)
          })
        )
    case "expire": {
      const peers = known.peers.map(({ counter, id, place }) => ({
        id,
        place,
        counter: counter + operation.counterOff
      }))
      return (queue) => queue.expire(peers)
    }
    case "leave":
      return (queue) => queue.leave(dispatcherId(operation.dispatcher))
    case "claim":
      return (queue) =>
        Effect.map(
          queue.claim(dispatcherId(operation.dispatcher), operation.limit),
          (claims) => ({
            claimed: byId(claims.claimed),
            arrived: claims.arrived.toSorted(),
            dueInHours: claims.nextDueAt === null
              ? null
              : Math.max(Math.round((claims.nextDueAt - claims.now) / HOUR), 0),
            now: time(claims.now)
          })
        )
    case "load": {
      const claimed = known.given.map(({ epoch, id }) => ({ id, epoch: epoch + operation.off }))
      const unique = Array.from(
        new Map(claimed.map((one) => [`${one.id}${one.epoch}`, one])).values()
      )
      return (queue) =>
        Effect.map(
          queue.load(dispatcherId(operation.dispatcher), unique),
          (loaded) =>
            byId(loaded.map(({ offered = [], ...one }) => ({
              ...one,
              startedAt: time(one.startedAt),
              inbox: inOrder(one.inbox),
              offered: offered.map(callName).toSorted()
            })))
        )
    }
    case "poll": {
      const latest = new Map(known.given.map(({ epoch, id }) => [id, { id, epoch }]))
      return (queue) =>
        Effect.map(
          queue.poll(dispatcherId(operation.dispatcher), Array.from(latest.values())),
          (arrived) =>
            // The order is promised within an instance.
            Array.from(
              latest.keys(),
              (id) => inOrder(arrived.filter((one) => one.instanceId === id))
            )
        )
    }
    case "giveBack": {
      const given = givenAt(known, operation.given)
      return (queue) =>
        given === undefined ? Effect.void : queue.giveBack(given.dispatcher, [given])
    }
    case "countClaim": {
      const given = givenAt(known, operation.given)
      return (queue) =>
        given === undefined
          ? Effect.void
          : queue.countClaim(given.dispatcher, given, operation.claims)
    }
    case "commit":
    case "resend": {
      const commit = operation.kind === "commit" ? newCommit(known, operation) : known.lastCommit
      known.lastCommit = commit
      if (commit === undefined) return () => Effect.void
      return (queue) =>
        Effect.map(queue.commit(commit), (committed) => ({
          accepted: Array.from(committed.accepted).toSorted(),
          busy: Array.from(committed.busy),
          now: time(committed.now)
        }))
    }
    case "deliver": {
      const to = instanceId(operation.to)
      const batch: ReadonlyArray<Message> = operation.messages.map((n) => ({
        id: messageId(to, n),
        instanceId: to,
        kind: operation.messageKind as Message["kind"],
        effect: n % 3,
        name: n % 2 === 0 ? "channel" : null,
        payload: n % 2 === 0 ? "[\"\0\"]" : null
      }))
      return (queue) => queue.deliver(batch)
    }
    case "remove": {
      const { name, status } = operation
      return (queue) => queue.remove({ name, status, keepMillis: 0, limit: 100 })
    }
    case "resume":
      return (queue) =>
        Effect.map(
          queue.resume(operation.instances.map(instanceId)),
          (resumed) => Array.from(resumed).toSorted()
        )
    case "programs":
      return (queue) =>
        Effect.gen(function*() {
          yield* queue.putPrograms(operation.put.map((n) => ({
            hash: hash(n),
            positions: [],
            program: {
              format: 1,
              name: n % 2 === 0 ? "a" : "b",
              entry: { m: 0, x: "a" },
              modules: [],
              functions: [],
              classes: [],
              actions: []
            }
          })))
          const stored = yield* queue.getPrograms(
            Array.from({ length: NUMBERS }, (_, n) => hash(n))
          )
          return [
            stored.map((file) => file.hash).toSorted(),
            yield* queue.newestProgram("a"),
            yield* queue.newestProgram("b")
          ]
        })
    case "list": {
      const { limit, name, status } = operation
      return (queue) =>
        Effect.map(
          queue.list({
            limit,
            ...(name === undefined ? {} : { name }),
            ...(status === undefined ? {} : { status: status as InstanceRecord["status"] })
          }),
          (list) => list.map(recordOf)
        )
    }
  }
}

/** Takes over what later operations may refer to. */
export const learn = (operation: Operation, answer: unknown, known: Known): void => {
  const give = (dispatcher: string, claimed: ReadonlyArray<Claimed>) => {
    for (const one of claimed) {
      const before = known.given.findLast(({ id }) => id === one.id)
      known.given.push({ ...one, dispatcher, lastSeq: before?.lastSeq ?? 0 })
    }
  }
  switch (operation.kind) {
    case "expire":
      if (known.peers.length > 0) known.diedAt ??= Date.now()
      break
    case "beat":
      known.peers = (answer as { readonly peers: ReadonlyArray<Peer> }).peers
      break
    case "claim":
      give(
        dispatcherId(operation.dispatcher),
        (answer as { readonly claimed: ReadonlyArray<Claimed> }).claimed
      )
      break
    case "start":
      if (operation.owner === null || !Array.isArray(answer)) break
      give(
        dispatcherId(operation.owner),
        answer.filter(({ created }) => created).map(({ id }) => ({ id, epoch: 1 }))
      )
      break
    case "repair":
    case "fork":
      if (answer === true) learnRepair(operation, known)
      break
    case "commit":
    case "resend": {
      const accepted = (answer as { readonly accepted: ReadonlyArray<string> } | undefined)
        ?.accepted
      for (const entry of known.lastCommit?.entries ?? []) {
        if (accepted?.includes(entry.id) !== true) continue
        for (const given of known.given) {
          if (given.id === entry.id) given.lastSeq = entry.expectedSeq + entry.events.length
        }
      }
      break
    }
  }
}

/** Everything that can be read of all instances. */
export const overview = (queue: Service): Effect.Effect<unknown, unknown> =>
  Effect.gen(function*() {
    const ids = Array.from({ length: INSTANCES }, (_, n) => instanceId(n))
    const found = yield* queue.find(ids)
    const histories = yield* Effect.forEach(ids, (id) => queue.history(id))
    return {
      found: byId(found).map(recordOf),
      histories,
      queues: yield* queuesOf(queue),
      mostMessages: MESSAGES
    }
  })
