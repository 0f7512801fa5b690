/**
 * A project whose production process (`start-workers`, on a Postgres of its own) is killed and
 * started again, and a client beside it.
 */
import { compileFile } from "@rappel/compiler"
import { RappelClient } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as Rappel from "@rappel/core/Rappel"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../messages/suite.ts"
import * as Postgres from "./Postgres.ts"
import * as Processes from "./Processes.ts"

export interface Killable {
  readonly client: RappelClient["Type"]
  readonly start: (name: string, ...args: ReadonlyArray<unknown>) => Effect.Effect<string, unknown>
  /** Of its database. */
  readonly url: string
  /** A file for actions to write lines into; its name is theirs as `LEDGER`. */
  readonly ledger: string
  readonly lines: () => ReadonlyArray<string>
  /** Waits until the ledger has so many lines. */
  readonly reaches: (count: number) => Effect.Effect<unknown, unknown>
  /** Waits for a line. */
  readonly sees: (line: string) => Effect.Effect<unknown, unknown>
  /** Kills the process and its workers, and starts another. */
  readonly kill: Effect.Effect<void>
}

/** `source` is that of the project's one module; `prepare` comes before the process. */
export const run = (
  source: string,
  use: (killable: Killable) => Effect.Effect<unknown, unknown>,
  prepare: (url: string, cwd: string) => Effect.Effect<unknown, unknown> = () => Effect.void
): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const url = yield* Effect.promise(Postgres.freshUrl)
    const cwd = Processes.project({ "src/flows.ts": source })
    const ledger = join(cwd, "ledger.txt")
    const { workflows } = compileFile({ file: join(cwd, "src/flows.ts"), projectRoot: cwd })
    yield* prepare(url, cwd)
    const lines = () => existsSync(ledger) ? readFileSync(ledger, "utf8").trimEnd().split("\n") : []
    const spawn = () =>
      Processes.start([Processes.RAPPEL, "start-workers", "--workers", "1"], {
        cwd,
        env: { DATABASE_URL: url, RAPPEL_USER_MODULE: "src/flows.ts", LEDGER: ledger }
      })
    let running = spawn()
    const kill = Effect.gen(function*() {
      const killed = running
      killed.child.kill("SIGKILL")
      yield* Effect.promise(() => killed.ended)
      running = spawn()
    })
    const used = Effect.flatMap(RappelClient, (client) =>
      use({
        client,
        start: (name, ...args) => {
          const file = workflows.find((one) => one.export === name)!.program!
          return client.start({ kind: "program", file }, args)
        },
        url,
        ledger,
        lines,
        reaches: (count) => eventually(Effect.sync(lines), (found) => found.length >= count),
        sees: (line) => eventually(Effect.sync(lines), (found) => found.includes(line)),
        kill
      }))
    yield* Effect.provide(
      used,
      Layer.provide(
        Rappel.layerClient,
        Layer.merge(
          layerPg({ url: Redacted.make(url) }),
          Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
        )
      )
    )
  })
