/**
 * Hints over LISTEN and NOTIFY, for all who wait in this process.
 *
 * One connection, opened when the first one waits. When it is lost it is made anew, and
 * everybody is told that anything may have been missed; the driver's own `listen` falls
 * silent instead.
 *
 * @since 0.1.0
 */
import * as Hearers from "@rappel/core/queue/Hearers"
import type { Queue, Wake } from "@rappel/core/queue/Queue"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import pg from "pg"

/**
 * Payloads: `d` an instance is due; `f` and ids without hyphens, finished; `c` calls were
 * offered; `a` and a dispatcher's id, messages for it; `r` look at all.
 */
export const CHANNEL = "rappel"

/** Postgres takes payloads below 8000 bytes; this leaves room for the prefix. */
export const NOTIFY_BYTES = 7_500

export interface PgWakes {
  readonly listen: Queue["Type"]["listen"]
}

/** With `config` null there is no connection, and nobody hears anything. */
export const make = (
  config: pg.ClientConfig | null
): Effect.Effect<PgWakes, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const { listen, tell } = Hearers.make()
    const start = yield* Effect.once(
      config === null ? Effect.void : Effect.forkIn(connected(config, tell), scope)
    )
    return { listen: (hear) => Effect.zipLeft(listen(hear), start) }
  })

const wakeOf = (payload: string): Wake =>
  payload === "d"
    ? { kind: "due" }
    : payload.startsWith("f")
    ? { kind: "finished", ids: payload.slice(1).match(/.{32}/g)?.map(withHyphens) ?? [] }
    : payload === "c"
    ? { kind: "offered" }
    : payload.startsWith("a")
    ? { kind: "arrived", dispatcher: payload.slice(1) }
    : { kind: "resync" }

const withHyphens = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

/** A connection that does not answer within this time is given up. */
const HEARTBEAT_MILLIS = 15_000

const reconnecting = Schedule.exponential("50 millis", 2).pipe(
  Schedule.union(Schedule.spaced("5 seconds")),
  Schedule.jittered
)

/** Holds a connection until the fiber ends, and makes it anew when it is lost. */
const connected = (config: pg.ClientConfig, tell: (wake: Wake) => void): Effect.Effect<never> => {
  let wasListening = false
  const once = Effect.scoped(Effect.gen(function*() {
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new pg.Client({ ...config, keepAlive: true })),
      (client) =>
        Effect.promise(() => client.end().catch(() => {})).pipe(Effect.timeoutOption("1 second"))
    )
    const lost = yield* Deferred.make<never, unknown>()
    const lose = (error: Error) => Deferred.unsafeDone(lost, Effect.fail(error))
    client.on("error", lose)
    client.on("end", () => lose(new Error("the connection ended")))
    client.on("notification", ({ payload }) => tell(wakeOf(payload ?? "")))
    yield* Effect.tryPromise(() => client.connect())
    unref(client)
    yield* Effect.tryPromise(() => client.query(`listen ${CHANNEL}`))
    yield* heartbeat(client, lose)
    wasListening = true
    tell({ kind: "resync" })
    return yield* Deferred.await(lost)
  }))
  // The pauses grow from one failure to the next, and not over the life of a process.
  const fromTheFirst = Schedule.resetWhen(reconnecting, () => {
    const isNew = wasListening
    wasListening = false
    return isNew
  })
  return once.pipe(
    Effect.tapError((error) =>
      Effect.logDebug("The connection that listens for hints was lost", error)
    ),
    Effect.retry(fromTheFirst),
    Effect.orDie
  )
}

/** A timer of Node's and not `Effect.sleep`: that would keep an idle process alive. */
const heartbeat = (client: pg.Client, onLoss: (error: Error) => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let isAnswered = true
      return setInterval(() => {
        if (!isAnswered) return onLoss(new Error("no answer to a heartbeat"))
        isAnswered = false
        client.query("select 1").then(() => isAnswered = true, onLoss)
      }, HEARTBEAT_MILLIS).unref()
    }),
    (timer) => Effect.sync(() => clearInterval(timer))
  )

/**
 * What waits for hints must not keep a process alive that has nothing else to do. Not in
 * the types of `pg`, but documented by it since 8.0.
 */
const unref = (client: pg.Client): void =>
  (client as unknown as { readonly unref: () => void }).unref()
