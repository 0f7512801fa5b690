/**
 * The queue on Postgres: `core/queue/Queue` over the statements of this folder.
 *
 * Every method is one or two statements, sent again when the connection or a deadlock took
 * them, for a few seconds; a commit for as long as it takes. All of them can be repeated
 * without harm: what was done is recognised by its ids.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Entropy, uuidNow } from "@rappel/core/entropy/Entropy"
import { type Claims, Queue, type StartRequest } from "@rappel/core/queue/Queue"
import { KeyTaken, type QueueUnavailable, type SchemaTooNew } from "@rappel/core/queue/QueueError"
import { retried } from "@rappel/core/queue/retried"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type pg from "pg"
import * as Migrator from "../migrations/Migrator.ts"
import { CONNECT_MILLIS, PgPool } from "../PgPool.ts"
import * as ProgramTable from "../program/ProgramTable.ts"
import {
  isConnectionLoss,
  isRetryable,
  isSlowConnect,
  toUnavailable
} from "../statement/failure.ts"
import * as Statements from "../statement/Statements.ts"
import * as CallTable from "./CallTable.ts"
import * as ClaimWindow from "./ClaimWindow.ts"
import { commitAll } from "./commitAll.ts"
import * as CommitStatement from "./CommitStatement.ts"
import * as DispatcherTable from "./DispatcherTable.ts"
import * as DueTable from "./DueTable.ts"
import * as EventTable from "./EventTable.ts"
import * as InboxTable from "./InboxTable.ts"
import * as InstanceTable from "./InstanceTable.ts"
import * as LaneTable from "./LaneTable.ts"
import * as PgWakes from "./PgWakes.ts"
import * as RepairStatement from "./RepairStatement.ts"
import * as RetentionStatement from "./RetentionStatement.ts"
import { start } from "./start.ts"
import * as StartAsOne from "./startAsOne.ts"

export interface PgQueueOptions {
  /** Whether to hold a connection that listens for hints; true when absent. */
  readonly listen?: boolean
  /** How often to look without a hint; 1000 when absent. */
  readonly pollMillis?: number
  /**
   * How long an answer is awaited before the connection is given up, for statements that have
   * no limit of their own; 30,000 when absent.
   */
  readonly statementMillis?: number
}

/** What a lost connection or a deadlock took is sent again for this long. */
const resending = Schedule.exponential("20 millis", 2).pipe(
  Schedule.union(Schedule.spaced("250 millis")),
  Schedule.jittered,
  Schedule.upTo("2500 millis")
)

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whoever does not listen looks this often; a shorter wait needs no hint. */
const POLL_MILLIS = 1000

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: PgQueueOptions = {}
): Effect.Effect<
  Queue["Type"],
  QueueUnavailable | SchemaTooNew,
  PgClient.PgClient | Scope.Scope
> =>
  Effect.gen(function*() {
    const client = yield* PgClient.PgClient
    yield* Migrator.check
    const checkSchema = Effect.provideService(Migrator.check, PgClient.PgClient, client)
    const entropy = yield* Entropy
    const soonMillis = options.pollMillis ?? POLL_MILLIS
    const run = yield* Statements.make(options.statementMillis)
    const programs = ProgramTable.make(run)
    const instances = InstanceTable.make(run)
    const soon = Statements.growingPatience(run, options.statementMillis)
    const due = DueTable.make(soon)
    const retention = RetentionStatement.make(run)
    const repairs = RepairStatement.make(run)
    const calls = CallTable.make(soon)
    const lanes = LaneTable.make(run)
    const events = EventTable.make(run)
    const inbox = InboxTable.make(soon)
    const dispatchers = DispatcherTable.make(run)
    const send = CommitStatement.make(run)
    const wakes = yield* PgWakes.make(
      options.listen === false ? null : yield* listenConfig(client)
    )

    // A start waits for whoever is inserting the same key, maybe for long: commits and beats
    // must find connections free meanwhile.
    const starting = yield* Effect.makeSemaphore(Math.max(1, (yield* connectionsOf(client)) - 2))

    const newId = uuidNow(entropy)

    /**
     * Requests whose answer never came, by dispatcher: they may have given it instances that
     * it does not know of. The next claim looks for those first.
     */
    const unanswered = new Map<string, Set<string>>()
    const remember = (dispatcher: string, claimId: string) => (failure: unknown) =>
      Effect.sync(() => {
        if (!isConnectionLoss(failure)) return
        const claimIds = unanswered.get(dispatcher)
        if (claimIds === undefined) unanswered.set(dispatcher, new Set([claimId]))
        else claimIds.add(claimId)
      })

    const claimWindow = ClaimWindow.make(soonMillis)

    /** Claims, and answers what unanswered requests have given as well. */
    const claim = (dispatcher: string, limit: number): Effect.Effect<Claims, unknown> =>
      Effect.gen(function*() {
        const claimIds = Array.from(unanswered.get(dispatcher) ?? [])
        const given = claimIds.length === 0 ? [] : yield* due.claimedBy(dispatcher, claimIds)
        const claimId = yield* newId
        const sentAt = yield* Clock.currentTimeMillis
        const since = claimWindow.since(sentAt)
        const room = Math.max(limit - given.length, 0)
        const claims = yield* due.claim(dispatcher, room, claimId, since)
          .pipe(Effect.tapError(remember(dispatcher, claimId)))
        const localNow = yield* Clock.currentTimeMillis
        if (room > 0) claimWindow.took({ claims, since, sentAt, localNow })
        for (const known of claimIds) unanswered.get(dispatcher)?.delete(known)
        return { ...claims, claimed: [...given, ...claims.claimed] }
      })

    /** With `owner`, those due at once are that dispatcher's from the start. */
    const startOwned = (batch: ReadonlyArray<StartRequest>, owner: string | undefined) =>
      Effect.flatMap(newId, (claimId) => {
        let sendings = 0
        const insert = (requests: typeof batch) =>
          Effect.suspend(() => {
            sendings++
            return starting.withPermits(1)(
              instances.insert(requests, { owner, claimId, soonMillis })
            )
          })
        let rounds = 0
        return start({
          insert: (requests) => {
            rounds++
            return again(insert(requests)).pipe(
              Effect.tapError(owner === undefined ? () => Effect.void : remember(owner, claimId))
            )
          },
          holders: (requests) => again(instances.holders(requests)),
          wasResent: () => sendings > rounds
        }, batch)
      })

    const startOnce = StartAsOne.make(client, soonMillis)
    const startAsOne = (batch: ReadonlyArray<StartRequest>) => {
      let sendings = 0
      return again(Effect.flatMap(newId, (claimId) =>
        starting.withPermits(1)(Effect.suspend(() =>
          startOnce(batch, claimId, ++sendings > 1)
        ))))
    }

    return Queue.of({
      putPrograms: (files) =>
        files.length === 0 ? Effect.void : sending("store programs", programs.put(files)),
      getPrograms: (hashes) =>
        hashes.length === 0 ? Effect.succeed([]) : sending("read programs", programs.get(hashes)),
      deploy: (files) =>
        files.length === 0
          ? Effect.void
          : sending(
            "deploy programs",
            Effect.zipRight(programs.put(files), programs.deploy(files))
          ),
      newestProgram: (name) =>
        sending("look up a program", Effect.map(programs.newest(name), Option.fromNullable)),

      start: (batch, owner) =>
        batch.length === 0
          ? Effect.succeed([])
          : Effect.mapError(
            StartAsOne.isForOneTransaction(batch) ? startAsOne(batch) : startOwned(batch, owner),
            (error) =>
              error instanceof KeyTaken ? error : toUnavailable("start instances", error)
          ),

      cancelOverdue: sending("cancel what is over its deadline", instances.cancelOverdue),
      releaseRuns: sending("let runs of schedules begin", instances.releaseRuns),

      find: (ids) => {
        const known = ids.filter((id) => UUID.test(id))
        return known.length === 0
          ? Effect.succeed([])
          : sending("read instances", instances.find(known))
      },
      list: (filter) => sending("list instances", instances.list(filter)),
      history: (id) =>
        UUID.test(id) ? sending("read a history", events.history(id)) : Effect.succeed([]),

      replies: (messages) =>
        messages.length === 0
          ? Effect.succeed(new Map())
          : sending("read replies", inbox.replies(messages)),
      published: (id) =>
        UUID.test(id)
          ? sending("read published values", inbox.published(id))
          : Effect.succeed(new Map()),

      register: (info) =>
        Effect.zipRight(
          checkSchema,
          sending(
            "register a dispatcher",
            Effect.map(dispatchers.register(info), (now) => ({ now }))
          )
        ),
      beat: (dispatcher, load) => sending("count a beat", dispatchers.beat(dispatcher, load)),
      expire: (peers) =>
        peers.length === 0
          ? Effect.succeed(0)
          : sending("declare dispatchers dead", dispatchers.expire(peers)),
      leave: (dispatcher) => sending("end a registration", dispatchers.leave(dispatcher)),

      deliver: (batch) => {
        const known = batch.filter(({ instanceId }) => UUID.test(instanceId))
        if (known.length === 0) return Effect.succeed(batch.map(() => "unknown" as const))
        return sending(
          "deliver messages",
          Effect.map(inbox.deliver(known), (deliveries) => {
            const answers = new Map(known.map((message, i) => [message, deliveries[i]!]))
            return batch.map((message) => answers.get(message) ?? "unknown")
          })
        )
      },
      claim: (dispatcher, limit) => sending("claim instances", claim(dispatcher, limit)),
      load: (dispatcher, claimed) =>
        claimed.length === 0
          ? Effect.succeed([])
          : sending("load instances", due.load(dispatcher, claimed)),
      poll: (dispatcher, claimed) =>
        claimed.length === 0
          ? Effect.succeed([])
          : sending("read messages", inbox.poll(dispatcher, claimed)),
      giveBack: (dispatcher, claimed) =>
        claimed.length === 0
          ? Effect.void
          : sending("give instances back", due.giveBack(dispatcher, claimed)),
      countClaim: (dispatcher, claimed, claims) =>
        sending("count a claim", due.countClaim(dispatcher, claimed, claims)),
      commit: (commit) =>
        Effect.mapError(
          commitAll({
            send: (entries) =>
              send({ id: commit.id, dispatcher: commit.dispatcher, entries, soonMillis }),
            setAside: (claimed, reason) => again(due.setAside(commit.dispatcher, claimed, reason))
          }, commit),
          (error) => toUnavailable("commit", error)
        ),
      workflows: sending("list workflows", programs.names),
      remove: (removal) => sending("remove instances", retention.remove(removal)),
      begun: (ids) => {
        const known = ids.filter((id) => UUID.test(id))
        return known.length === 0
          ? Effect.succeed([])
          : sending("read how instances began", repairs.begun(known))
      },
      repair: (batch) =>
        batch.length === 0 ? Effect.succeed(true) : sending("repair", repairs.repair(batch)),
      fork: (fork) => sending("make an instance of another", repairs.fork(fork)),
      resume: (ids) => {
        const known = ids.filter((id) => UUID.test(id))
        return known.length === 0
          ? Effect.succeed(new Set())
          : sending("resume instances", due.resume(known))
      },

      calls: {
        take: (request) =>
          request.limit <= 0
            ? Effect.succeed({ calls: [], after: request.after, nextAt: null })
            : sending(
              "take calls",
              Effect.flatMap(newId, (takeId) => calls.take(request, takeId))
            ),
        report: (dispatcher, verdicts) =>
          verdicts.length === 0
            ? Effect.void
            : sending("report calls", calls.report(dispatcher, verdicts)),
        giveBack: (dispatcher, keys) =>
          keys.length === 0
            ? Effect.void
            : sending("give calls back", calls.giveBack(dispatcher, keys)),
        held: (dispatcher) => sending("look for taken calls", calls.held(dispatcher)),
        sweep: (sweep) => sending("sweep lanes", lanes.sweep(sweep)),
        limit: (name, limits) => sending("limit a queue", calls.limit(name, limits)),
        list: Effect.suspend(() => sending("list queues", calls.list()))
      },

      listen: wakes.listen,
      pollMillis: soonMillis
    })
  })

const again = <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<A, unknown> =>
  retried(effect, {
    while: (failure) => isRetryable(failure) && !isSlowConnect(failure),
    schedule: resending
  })

const sending = <A>(
  operation: string,
  effect: Effect.Effect<A, unknown>
): Effect.Effect<A, QueueUnavailable> =>
  Effect.mapError(again(effect), (failure) => toUnavailable(operation, failure))

/** `pg` makes ten unless told otherwise. */
const connectionsOf = (client: PgClient.PgClient): Effect.Effect<number> =>
  Effect.map(
    Effect.serviceOption(PgPool),
    (pool) => (pool._tag === "Some" ? pool.value.options.max : client.config.maxConnections) ?? 10
  )

/** Where the PgClient connects to: of its pool, if that is known, else of its own options. */
const listenConfig = (client: PgClient.PgClient): Effect.Effect<pg.ClientConfig> =>
  Effect.map(Effect.serviceOption(PgPool), (pool) => {
    const timeout = { connectionTimeoutMillis: CONNECT_MILLIS }
    // The pool hides its password from copies.
    if (pool._tag === "Some") {
      const { options } = pool.value
      return { ...options, password: options.password, ...timeout }
    }
    const { config } = client
    return config.url !== undefined
      ? { connectionString: Redacted.value(config.url), ssl: config.ssl, ...timeout }
      : {
        host: config.path ?? config.host,
        port: config.port,
        database: config.database,
        user: config.username,
        password: config.password === undefined ? undefined : Redacted.value(config.password),
        ssl: config.ssl,
        ...timeout
      }
  })

/**
 * On the app's own PgClient, with the usual options.
 *
 * **Errors** `QueueUnavailable` when the database cannot be reached or was not migrated;
 * `SchemaTooNew` when a newer release migrated it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Queue, QueueUnavailable | SchemaTooNew, PgClient.PgClient> = Layer
  .scoped(Queue, make())

/**
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (
  options: PgQueueOptions
): Layer.Layer<Queue, QueueUnavailable | SchemaTooNew, PgClient.PgClient> =>
  Layer.scoped(Queue, make(options))
