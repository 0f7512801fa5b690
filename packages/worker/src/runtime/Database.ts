/**
 * The queue that a process runs on: a database that was named, the project's own embedded
 * Postgres, or this process's memory.
 *
 * `@rappel/sql` and `@rappel/embedded` are loaded by name, so that an app which needs only
 * one of them installs only that one.
 *
 * @since 0.1.0
 */
import type { PackageMissing } from "@rappel/core/client/ClientError"
import { load } from "@rappel/core/client/Loader"
import type { Queue } from "@rappel/core/queue/Queue"
import type { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import type { Schedules } from "@rappel/core/schedule/Schedules"
import * as SchedulesMemory from "@rappel/core/schedule/SchedulesMemory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

/**
 * @since 0.1.0
 * @category models
 */
export type DatabaseTarget =
  | { readonly kind: "memory" }
  | { readonly kind: "url"; readonly url: Redacted.Redacted<string> }
  /** The Postgres of the project, with its data under `.rappel/`. */
  | { readonly kind: "embedded"; readonly projectRoot: string }

/**
 * What a dispatcher needs beside the one that listens: one for its commit, one for its claim or
 * take, and one for starts, beats and what is rare.
 */
export const DISPATCHER_CONNECTIONS = 3

export interface DatabaseOptions {
  /** 2 is what a client needs, `DISPATCHER_CONNECTIONS` a dispatcher. */
  readonly maxConnections: number
  readonly pollMillis?: number | undefined
  /** Whether to hold a connection that listens for hints; true when absent. */
  readonly listen?: boolean
}

/** Why a database cannot be used. */
export type DatabaseError = PackageMissing | QueueUnavailable | SchemaTooNew | EmbeddedFailure

/** `EmbeddedError` of `@rappel/embedded`, as far as it is known here. */
export interface EmbeddedFailure extends Error {
  readonly _tag: "EmbeddedError"
}

interface SqlModule {
  readonly layerPg: (options: {
    readonly url: Redacted.Redacted<string>
    readonly maxConnections?: number
    readonly migrate?: boolean
    readonly pollMillis?: number
    readonly listen?: boolean
  }) => Layer.Layer<Queue | Schedules, QueueUnavailable | SchemaTooNew>
}

interface EmbeddedModule {
  readonly scoped: (options: { readonly projectRoot: string }) => Effect.Effect<
    { readonly url: string },
    EmbeddedFailure,
    Scope.Scope
  >
}

/** The address of a target's database, which is started if need be and held for the scope. */
export const urlOf = (
  target: Exclude<DatabaseTarget, { readonly kind: "memory" }>
): Effect.Effect<Redacted.Redacted<string>, PackageMissing | EmbeddedFailure, Scope.Scope> =>
  target.kind === "url"
    ? Effect.succeed(target.url)
    : Effect.gen(function*() {
      const embedded = yield* load<EmbeddedModule>(
        "@rappel/embedded/Embedded",
        "run a Postgres for this project (or set DATABASE_URL)"
      )
      const { url } = yield* embedded.scoped({ projectRoot: target.projectRoot })
      return Redacted.make(url)
    })

/**
 * The queue and schedules of a target, with its schema up to date.
 *
 * **Errors** `QueueUnavailable`, `SchemaTooNew`, `EmbeddedError`, or `PackageMissing` with
 * the package to install.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerQueue = (
  target: DatabaseTarget,
  options: DatabaseOptions
): Layer.Layer<Queue | Schedules, DatabaseError> => {
  if (target.kind === "memory") {
    return Layer.provideMerge(SchedulesMemory.layer, QueueMemory.layer)
  }
  const { listen = true, maxConnections, pollMillis } = options
  return Layer.unwrapScoped(Effect.gen(function*() {
    const [sql, url] = yield* Effect.all([
      load<SqlModule>("@rappel/sql/layer", "use a Postgres"),
      urlOf(target)
    ], { concurrency: 2 })
    return sql.layerPg({
      url,
      maxConnections,
      migrate: true,
      listen,
      ...(pollMillis === undefined ? {} : { pollMillis })
    })
  }))
}
