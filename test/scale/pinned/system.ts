/**
 * The whole of it: a client that starts chains of three calls and awaits them, beside a dispatcher
 * with a worker process.
 */
import { compileFile } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import type { Queue } from "@rappel/core/queue/Queue"
import * as Rappel from "@rappel/core/Rappel"
import type { PgPool } from "@rappel/sql/PgPool"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { type Site, siteOf } from "./Site.ts"

/** Started in one statement, and so many of these at the same time. */
const BATCH = 50
const BATCHES = 10

const STEPS = 3

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const runner = Rappel.layer().pipe(
  Layer.provideMerge(Layer.mergeAll(
    ProcessPool.layer({ workers: 1, projectRoot: root }),
    Rappel.layerDecisions,
    Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
  ))
)

export const make = (
  warmUpMillis: number
): Effect.Effect<Site, unknown, Queue | PgPool | Scope.Scope> =>
  Effect.gen(
    function*() {
      const client = Context.get(yield* Layer.build(runner), RappelClient)
      const { workflows } = compileFile({
        file: `${root}/flows.ts`,
        projectRoot: root,
        strict: true
      })
      const file = workflows.find((one) => one.export === "loop")!.program!
      const items = Array.from({ length: BATCH }, () => ({ args: [STEPS] }))

      const batch = Effect.gen(function*() {
        const ids = yield* client.startMany({ kind: "program", file }, items)
        const results = yield* Effect.forEach(ids, client.result, { concurrency: "unbounded" })
        for (const result of results) {
          if (result !== STEPS) throw new Error(`${String(result)} of ${STEPS} calls came back`)
        }
      })

      return yield* siteOf(warmUpMillis, (until) =>
        Effect.gen(function*() {
          let done = 0
          const works = Effect.gen(function*() {
            while (performance.now() < until) {
              yield* batch
              done += BATCH
            }
          })
          yield* Effect.all(Array.from({ length: BATCHES }, () => works), {
            concurrency: "unbounded"
          })
          return done
        }))
    }
  )
