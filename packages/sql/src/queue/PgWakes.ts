/**
 * Hints over LISTEN and NOTIFY, for all who wait in this process.
 *
 * One connection, opened when the first one waits. When it is lost it is made anew, and
 * everybody is told that anything may have been missed; the driver's own `listen` falls
 * silent instead.
 *
 * @since 0.1.0
 */
import type { Wake } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type * as EffectQueue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import pg from "pg"

/**
 * Payloads: `d` an instance is due; `f` and ids without hyphens, finished; `c` calls were
 * offered; `a` and a dispatcher's id, messages for it; `r` look at all.
 */
export const CHANNEL = "rappel"

/** Postgres takes payloads below 8000 bytes; this leaves room for the prefix. */
export const NOTIFY_BYTES = 7_500

/** Hints that wait for one subscriber; older ones are dropped. */
const WAITING = 1024

export interface PgWakes {
  readonly subscribe: Effect.Effect<EffectQueue.Dequeue<Wake>, never, Scope.Scope>
}

/** With `config` null nobody listens, and subscribers hear nothing. */
export const make = (
  config: pg.ClientConfig | null
): Effect.Effect<PgWakes, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const bell = yield* PubSub.sliding<Wake>(WAITING)
    const start = yield* Effect.once(
      config === null ? Effect.void : Effect.forkIn(
        Stream.runForEach(listen(config), (wake) => PubSub.publish(bell, wake)),
        scope
      )
    )
    return { subscribe: Effect.zipLeft(PubSub.subscribe(bell), start) }
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

const listen = (config: pg.ClientConfig): Stream.Stream<Wake> =>
  Stream.asyncPush<Wake, unknown>((emit) =>
    Effect.gen(function*() {
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => new pg.Client({ ...config, keepAlive: true })),
        (client) =>
          Effect.promise(() => client.end().catch(() => {})).pipe(Effect.timeoutOption("1 second"))
      )
      client.on("error", (error) => emit.fail(error))
      client.on("end", () => emit.fail(new Error("the connection ended")))
      client.on("notification", ({ payload }) => {
        emit.single(wakeOf(payload ?? ""))
      })
      yield* Effect.tryPromise(() => client.connect())
      unref(client)
      yield* Effect.tryPromise(() => client.query(`listen ${CHANNEL}`))
      yield* heartbeat(client, (error) => emit.fail(error))
      emit.single({ kind: "resync" })
    }), { bufferSize: "unbounded" }).pipe(
      Stream.tapError((error) =>
        Effect.logDebug("The connection that listens for hints was lost", error)
      ),
      Stream.retry(reconnecting)
    ) as Stream.Stream<Wake>

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
