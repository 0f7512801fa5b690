/**
 * A client that only looks: no dispatcher, no workers, no compiler.
 *
 * @since 0.1.0
 */
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as RappelClient from "@rappel/core/client/RappelClient"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Invocation } from "../Invocation.ts"
import { type CommonOptions, settingsWith, targetOf } from "./options.ts"

/** Uses the client of the database that the options and settings name. */
export const withClient = <A>(
  options: CommonOptions,
  use: (client: RappelClient.RappelClient["Type"]) => Effect.Effect<A, unknown>
): Effect.Effect<A, unknown, Invocation> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const target = targetOf(yield* settingsWith(options), folder)
    const client = RappelClient.layer.pipe(Layer.provide(Layer.mergeAll(
      Database.layerQueue(target, { maxConnections: 1 }),
      Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
    )))
    return yield* Effect.provide(Effect.flatMap(RappelClient.RappelClient, use), client)
  })
