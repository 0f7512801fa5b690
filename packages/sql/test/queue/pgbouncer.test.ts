/**
 * The queue behind PgBouncer in transaction mode: what stands in front of Postgres at many hosts.
 *
 * Needs `pgbouncer` on the PATH; [pooled.test.ts](pooled.test.ts) has what any machine can run.
 */
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import { PgPool } from "@rappel/sql/PgPool"
import * as Postgres from "@rappel/test/kit/Postgres"
import { skipFor } from "@rappel/test/kit/skips"
import { newDispatcher, requestOf } from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { afterAll, beforeAll } from "vitest"
import { behindPooler } from "./behindPooler.ts"

const PORT = 6432

/** Fewer than the connections of one dispatcher, so that they share sessions at once. */
const SESSIONS = 2

interface Bouncer {
  readonly folder: string
  readonly stop: () => Promise<void>
}

const start = async (): Promise<Bouncer> => {
  const host = new URLSearchParams((await Postgres.url()).split("?")[1]).get("host")!
  const { gid, uid } = statSync(host)
  const folder = mkdtempSync(join(tmpdir(), "rappel-bouncer-"))
  chmodSync(folder, 0o755)
  chownSync(folder, uid, gid)
  const config = join(folder, "pgbouncer.ini")
  writeFileSync(
    config,
    `[databases]
* = host=${host} user=postgres
[pgbouncer]
unix_socket_dir = ${folder}
listen_port = ${PORT}
auth_type = any
pool_mode = transaction
default_pool_size = ${SESSIONS}
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
logfile = ${folder}/log
`
  )
  // It refuses to run as root.
  const child = spawn("pgbouncer", [config], {
    stdio: "ignore",
    ...(process.getuid?.() === 0 ? { uid, gid } : {})
  })
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  return {
    folder,
    stop: async () => {
      child.kill("SIGKILL")
      await ended
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** This file's database through the bouncer. */
const through = async ({ folder }: Bouncer): Promise<string> => {
  const [database] = (await Postgres.cleanUrl()).split("?")
  return `${database}?host=${folder}&port=${PORT}`
}

const connects = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString })
  client.on("error", () => {})
  try {
    await client.connect()
    await client.query("select 1")
  } finally {
    await client.end().catch(() => {})
  }
}

const isInstalled = spawnSync("pgbouncer", ["--version"]).status === 0

if (!isInstalled) skipFor({ otherMachine: "PgBouncer is installed there" }, "behind PgBouncer")
else {
  let bouncer: Bouncer
  beforeAll(async () => {
    bouncer = await start()
    const url = await through(bouncer)
    await Effect.runPromise(Effect.retry(
      Effect.tryPromise({ try: () => connects(url), catch: (cause) => cause }),
      { schedule: Schedule.spaced("50 millis"), times: 100 }
    ))
  })
  afterAll(() => bouncer.stop())

  const layer = Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => through(bouncer)),
      (url) => layerPg({ url: Redacted.make(url), listen: false, maxConnections: 4 })
    )
  )

  describe("Queue (behind PgBouncer in transaction mode)", () => {
    behindPooler(layer)

    it.scopedLive("shares its sessions between statements that run at once", () =>
      Effect.gen(function*() {
        const { claim, start } = yield* Queue
        const dispatcher = yield* newDispatcher
        const requests = Array.from({ length: 60 }, () => requestOf())
        yield* Effect.forEach(requests, (one) => start([one]), { concurrency: "unbounded" })
        const answers = yield* Effect.forEach(
          Array.from({ length: 30 }),
          () => claim(dispatcher, 2),
          { concurrency: "unbounded" }
        )
        const claimed = answers.flatMap(({ claimed }) => claimed.map(({ id }) => id))
        assert.sameMembers(claimed, requests.map(({ id }) => id))

        const pool = yield* PgPool
        const { rows } = yield* Effect.promise(() =>
          pool.query(
            "select count(*)::integer as count from pg_stat_activity where datname = current_database()"
          )
        )
        assert.isAtMost(rows[0].count, SESSIONS)
        assert.isAbove(pool.totalCount, SESSIONS)
      }).pipe(Effect.provide(layer)))
  })
}
