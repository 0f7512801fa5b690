/**
 * What a pool and its worker processes say to each other.
 *
 * What is rare is RPC: `Hello`, `Prepare`, `Interrupt`, `Drain`. What every step needs are two
 * streams of batches, one each way, that nobody acknowledges: `CallRequest`s to the worker,
 * `WorkerReport`s from it (`Batches.ts`). Arguments and outcomes are opaque texts on the way
 * (`core/value/Value.ts`). Both ends are of one release (`Hello` compares), so the rows of a
 * batch are not decoded by a schema each.
 *
 * @since 0.1.0
 */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import type { ActionName } from "@rappel/core/worker/ActionSource"
import type { CallReport } from "@rappel/core/worker/WorkerPool"
import * as Schema from "effect/Schema"

/** Raised whenever a message changes its meaning. */
export const PROTOCOL_VERSION = 5

/**
 * What a worker tells about its calls: their end; `released`, the end of an execution that
 * was interrupted and is reported no more; `leaving`, that it wants no more calls.
 */
export type WorkerReport =
  | CallReport
  | { readonly kind: "released"; readonly id: number }
  | { readonly kind: "leaving" }

export type { ActionName }

const trusted = <A>(name: string, is: (u: unknown) => boolean): Schema.Schema<A> =>
  Schema.declare((u): u is A => is(u), { identifier: name })

const Name = trusted<ActionName>("ActionName", (u) => typeof u === "object" && u !== null)

/** A module of the user's could not be imported, or the releases differ: the worker cannot serve. */
export class WorkerNotReady extends Schema.TaggedError<WorkerNotReady>(
  "@rappel/worker/WorkerProtocol/WorkerNotReady"
)("WorkerNotReady", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

export const Settings = Schema.Struct({
  protocol: Schema.Int,
  projectRoot: Schema.String,
  /** Paths or package names, imported before the first call. */
  userModules: Schema.Array(Schema.String),
  /** The module that `rappel build` generates, which registers all actions of the project. */
  manifest: Schema.NullOr(Schema.String),
  maxValueLength: Schema.Int
})
export type Settings = typeof Settings.Type

export class WorkerRpcs extends RpcGroup.make(
  /** The first message: answered once the worker can execute calls. */
  Rpc.make("Hello", {
    payload: Settings,
    success: Schema.Struct({ pid: Schema.Int, node: Schema.String }),
    error: WorkerNotReady
  }),
  /** Load an action, as calls of it may follow; nobody waits for it, and nothing is wrong without. */
  Rpc.make("Prepare", { payload: { name: Name } }),
  Rpc.make("Interrupt", { payload: { ids: Schema.Array(Schema.Int), reason: Schema.String } }),
  /** Finish what runs within the grace, abort the rest, tell all that there is and exit. */
  Rpc.make("Drain", { payload: { graceMillis: Schema.Number } })
) {}
