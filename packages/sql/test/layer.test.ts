import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { QueueUnavailable } from "@rappel/core/queue/QueueError"
import * as Embedded from "@rappel/embedded/Embedded"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { resolve } from "node:path"
import { inspect } from "node:util"
import * as Proxy from "./proxy.ts"
import * as Session from "./session.ts"

/** What the layer fails with, and how long that took. */
const failureAt = (url: string) =>
  Effect.gen(function*() {
    const startedAt = performance.now()
    const error = yield* Effect.flip(Effect.provide(Queue, layerPg({ url: Redacted.make(url) })))
    assert.instanceOf(error, QueueUnavailable)
    for (const shown of [error.message, inspect(error, { depth: 9 }), JSON.stringify(error)]) {
      assert.notInclude(shown, "secret")
    }
    return { error, millis: performance.now() - startedAt }
  })

describe("layerPg", () => {
  it.scopedLive("connects over TCP and over a socket", () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.freshUrl)
      const proxy = yield* Proxy.make(url)

      for (const address of [url, proxy.url]) {
        const records = yield* Effect.flatMap(Queue, ({ list }) => list({ limit: 1 })).pipe(
          Effect.provide(layerPg({ url: Redacted.make(address) }))
        )
        assert.deepStrictEqual(records, [])
      }
    }))

  it.scopedLive("without a server: at once, and worth another try", () =>
    Effect.gen(function*() {
      for (
        const url of [
          "postgresql://u:secret@127.0.0.1:1/db",
          "postgresql://u:secret@/db?host=/nowhere"
        ]
      ) {
        const { error, millis } = yield* failureAt(url)
        assert.isTrue(error.retryable)
        assert.isBelow(millis, 4_000)
      }
    }))

  it.scopedLive("with a server that does not answer: after five seconds", () =>
    Effect.gen(function*() {
      const silent = createServer(() => {})
      yield* Effect.addFinalizer(() => Effect.sync(() => silent.close()))
      yield* Effect.async<void>((resume) => {
        silent.listen(0, "127.0.0.1", () => resume(Effect.void))
      })
      const { port } = silent.address() as { readonly port: number }

      const { error, millis } = yield* failureAt(`postgresql://u:secret@127.0.0.1:${port}/db`)

      assert.isTrue(error.retryable)
      assert.isBelow(millis, 8_000)
    }))

  it.scopedLive("without the database: no use to try again", () =>
    Effect.gen(function*() {
      const { error } = yield* failureAt(yield* Effect.promise(() => Postgres.urlOf("nowhere")))

      assert.isFalse(error.retryable)
      assert.match(error.message, /database "nowhere" does not exist/)
    }))

  it.scopedLive("with an address that is none: no use to try again", () =>
    Effect.gen(function*() {
      for (const url of ["postgresql://u:secret@[::/db", "postgresql://u:secret@h:port/db"]) {
        const { error } = yield* failureAt(url)
        assert.isFalse(error.retryable)
        assert.match(error.message, /postgresql:\/\/user:password@host:port\/database/)
      }
    }))

  it.scopedLive("with a wrong password: no use to try again, and the password is not shown", () =>
    Effect.gen(function*() {
      const server = yield* Embedded.scoped({
        projectRoot: resolve(import.meta.dirname, "../../.."),
        temporary: true,
        fsync: false
      })
      const session = yield* Session.make(server.url)
      yield* session.run("create role bob login password 'right'")
      writeFileSync(
        `${server.dataDirectory}/pg_hba.conf`,
        "local all bob scram-sha-256\nlocal all all trust\n"
      )
      yield* session.run("select pg_reload_conf()")
      yield* Session.untilRow(
        session,
        "select 1 from pg_hba_file_rules where 'bob' = any(user_name)"
      )

      const bob = (password: string) => server.url.replace("postgres@", `bob:${password}@`)
      const { error } = yield* failureAt(bob("secret"))

      assert.isFalse(error.retryable)
      assert.match(error.message, /password authentication failed for user "bob"/)
      const { error: right } = yield* failureAt(bob("right"))
      assert.match(right.message, /schema is at 0/)
    }))
})
