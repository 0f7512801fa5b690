/**
 * The functions of the schema, called as from any language: by a plain connection.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { uuidv7 } from "@rappel/core/entropy/Entropy"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import pg from "pg"

const url = await Postgres.freshUrl()
const client = new pg.Client({ connectionString: url })
beforeAll(() => client.connect())
afterAll(() => client.end())

const query = async (text: string, values: ReadonlyArray<unknown> = []) =>
  (await client.query(text, Array.from(values))).rows
const value = async (text: string, values?: ReadonlyArray<unknown>): Promise<any> =>
  Object.values((await query(text, values))[0]!)[0]

/** What a statement is refused with. */
const refusal = (text: string, values: ReadonlyArray<unknown> = []): Promise<pg.DatabaseError> =>
  client.query(text, Array.from(values)).then(
    () => assert.fail(`${text} was not refused`),
    (error: pg.DatabaseError) => error
  )

const inQueue = <A, E>(effect: Effect.Effect<A, E, Queue>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, layerPg({ url: Redacted.make(url), listen: false })))

const recordOf = (id: string) =>
  inQueue(Effect.flatMap(Queue, ({ find }) => Effect.map(find([id]), ([found]) => found!)))

const storeProgram = (hash: string, name: string) =>
  query("insert into rappel.program (hash, name, body) values ($1, $2, '{}')", [hash, name])

describe("rappel.new_id", () => {
  it("makes ids of the clients' form that sort by time", async () => {
    const ids: ReadonlyArray<string> = (await query(
      "select rappel.new_id() as id from generate_series(1, 1000)"
    )).map(({ id }) => id)

    assert.strictEqual(new Set(ids).size, 1000)
    for (const id of ids) {
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
    const millisOf = (id: string) => Number.parseInt(id.replace("-", "").slice(0, 12), 16)
    const now: number = Number(await value("select extract(epoch from now()) * 1000"))
    assert.approximately(millisOf(ids[0]!), now, 5000)
    const own = uuidv7({ bytes: (count) => randomBytes(count) }, now)
    assert.approximately(millisOf(own), millisOf(ids[0]!), 5000)
  })
})

describe("rappel.start", () => {
  beforeAll(async () => {
    await storeProgram("old", "greeting")
    await storeProgram("new", "greeting")
  })

  it("starts the newest program of a name, with a seed of its own", async () => {
    const id = await value("select rappel.start('greeting', '[\"u1\", {\"b\": 1, \"a\": 1e2}]')")
    const other = await value("select rappel.start('greeting', json_build_array('u1', 2))")

    const record = await recordOf(id)
    assert.deepInclude(record, {
      name: "greeting",
      program: "new",
      status: "waiting",
      input: "[\"u1\", {\"b\": 1, \"a\": 1e2}]",
      key: null,
      priority: 0,
      tags: [],
      memo: null
    })
    assert.deepStrictEqual(JSON.parse((await recordOf(other)).input), ["u1", 2])
    const seeds = await query("select seed from rappel.instance where id in ($1, $2)", [id, other])
    for (const { seed } of seeds) assert.match(seed, /^[0-9a-f]{32}$/)
    assert.notStrictEqual(seeds[0]!["seed"], seeds[1]!["seed"])
  })

  it("starts what was deployed, also when something newer was stored", async () => {
    await query("insert into rappel.deployment (name, program) values ('greeting', 'old')")
    try {
      assert.strictEqual(
        (await recordOf(await value("select rappel.start('greeting')"))).program,
        "old"
      )
      const newest = await inQueue(
        Effect.flatMap(Queue, ({ newestProgram }) => newestProgram("greeting"))
      )
      assert.deepInclude(newest, { value: "old" })
    } finally {
      await query("delete from rappel.deployment")
    }
    const given = await value("select rappel.start('greeting', '[]', '{\"program\": \"old\"}')")
    assert.strictEqual((await recordOf(given)).program, "old")
  })

  it("takes every option", async () => {
    const id = await value("select rappel.start('greeting', '[]', $1)", [{
      id: "018f0000-0000-7000-8000-000000000001",
      key: "k-all",
      delay: "1 hour",
      priority: -9,
      deadline: "2 days",
      tags: ["vip", "ü"],
      memo: { customer: "Ada", nothing: null },
      at: null
    }])

    assert.strictEqual(id, "018f0000-0000-7000-8000-000000000001")
    const record = await recordOf(id)
    assert.deepInclude(record, { key: "k-all", priority: -9, tags: ["vip", "ü"] })
    assert.deepStrictEqual(JSON.parse(record.memo!), { customer: "Ada", nothing: null })
    assert.approximately(record.deadlineAt!, record.createdAt + 2 * 86_400_000, 1000)
    const due = "select extract(epoch from due_at - now()) from rappel.due where instance_id = $1"
    assert.approximately(Number(await value(due, [id])), 3600, 60)

    const at = await value("select rappel.start('greeting', '[]', $1)", [
      { at: "2999-01-01T00:00:00Z", deadlineAt: "2999-01-02T00:00:00Z", delay: 5 }
    ])
    assert.strictEqual((await recordOf(at)).deadlineAt, Date.parse("2999-01-02T00:00:00Z"))
    assert.isAbove(Number(await value(due, [at])), 900 * 365 * 86_400)
  })

  it("a key gives the instance that has it, whatever spaces its JSON had", async () => {
    const start = "select rappel.start('greeting', $1, '{\"key\": \"k-1\"}')"
    const id = await value(start, ["[1, {\"a\": 2}]"])

    assert.strictEqual(await value(start, ["[1,{\"a\":2}]"]), id)
    const error = await refusal(start, ["[2]"])
    assert.deepInclude(error, { code: "RP001", detail: id })
    assert.include(error.message, "already started with key \"k-1\" and other input")
  })

  it("a debounced start is put off and takes the last input", async () => {
    const start = "select rappel.start('greeting', $1, $2)"
    const options = { debounce: { key: "d", wait: "1 hour", maxWait: "2 hours" } }
    const id = await value(start, ["[1]", options])

    assert.strictEqual(await value(start, ["[2]", options]), id)
    assert.strictEqual((await recordOf(id)).input, "[2]")
  })

  it("is part of the transaction, and notifies at the commit if asked", async () => {
    const heard: Array<string> = []
    const listener = new pg.Client({ connectionString: url })
    await listener.connect()
    listener.on("notification", ({ payload }) => heard.push(payload!))
    await listener.query("listen rappel")

    await query("begin")
    const gone = await value("select rappel.start('greeting', '[]', '{\"notify\": true}')")
    await query("rollback")
    await query("select rappel.start('greeting')")
    await listener.query("select 1")
    assert.isUndefined(await recordOf(gone))
    assert.deepStrictEqual(heard, [])

    await query("select rappel.start('greeting', '[]', '{\"notify\": true}')")
    await listener.query("select 1")
    assert.deepStrictEqual(heard, ["d"])
    await listener.end()
  })

  it("many connections that start one key at once start one instance", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 20 })
    const ids = await Promise.all(Array.from({ length: 100 }, async () => {
      const { rows: [row] } = await pool.query(
        "select rappel.start('greeting', '[7]', '{\"key\": \"k-100\"}') as id"
      )
      return row.id
    }))
    await pool.end()

    assert.strictEqual(new Set(ids).size, 1)
    const found = await query("select id from rappel.instance where key = 'k-100'")
    assert.deepStrictEqual(found, [{ id: ids[0] }])
  })

  const refusals: ReadonlyArray<readonly [call: string, code: string, message: RegExp]> = [
    ["'nobody'", "RP002", /No program was found for workflow nobody/],
    ["null", "RP003", /has to be named/],
    ["'greeting', '{}'", "RP003", /no JSON array/],
    ["'greeting', null", "RP003", /no JSON array/],
    ["'greeting', '[]', '[]'", "RP003", /no JSON object/],
    ["'greeting', '[]', '{\"colour\": 1}'", "RP003", /no start option colour/],
    ["'greeting', '[]', '{\"delay\": \"soon\"}'", "RP003", /"delay" cannot be used/],
    ["'greeting', '[]', '{\"priority\": 10}'", "RP003", /"priority"/],
    ["'greeting', '[]', '{\"priority\": 1.5}'", "RP003", /"priority"/],
    ["'greeting', '[]', '{\"key\": \"\"}'", "RP003", /A key is/],
    ["'greeting', '[]', '{\"tags\": [1]}'", "RP003", /"tags"/],
    ["'greeting', '[]', '{\"tags\": \"a\"}'", "RP003", /"tags"/],
    ["'greeting', '[]', '{\"memo\": [1]}'", "RP003", /"memo"/],
    ["'greeting', '[]', '{\"debounce\": {}}'", "RP003", /A key is/],
    ["'greeting', '[]', '{\"key\": \"a\", \"debounce\": {\"key\": \"b\"}}'", "RP003", /"debounce"/]
  ]
  for (const [call, code, message] of refusals) {
    it(`refuses (${call})`, async () => {
      const error = await refusal(`select rappel.start(${call})`)
      assert.match(error.message, message)
      assert.strictEqual(error.code, code)
    })
  }
})

describe("rappel.signal and rappel.cancel", () => {
  const instance = () => value("select rappel.start('greeting')")
  const messages = (id: string) =>
    query(
      "select id, kind, name, payload from rappel.inbox where instance_id = $1 order by nth",
      [id]
    )

  it("put a message into the inbox, once for an id", async () => {
    const id = await instance()
    const signal = await value("select rappel.signal($1, 'approval', '{\"ok\": true}')", [id])
    const cancel = await value("select rappel.cancel($1, 'too late')", [id])

    assert.strictEqual(
      await value("select rappel.signal($1, 'approval', '{}', $2)", [id, signal]),
      signal
    )
    assert.deepStrictEqual(await messages(id), [
      { id: signal, kind: "signal", name: "approval", payload: "{\"ok\": true}" },
      { id: cancel, kind: "cancel", name: null, payload: "too late" }
    ])
  })

  it("refuse an instance that is not there or has finished", async () => {
    const id = await instance()
    await query(
      "update rappel.instance set ok = true, outcome = '1', finished_at = now() where id = $1",
      [id]
    )
    for (const call of ["rappel.signal($1, 'approval')", "rappel.cancel($1)"]) {
      assert.strictEqual((await refusal(`select ${call}`, [id])).code, "RP005")
      const unknown = await refusal(`select ${call}`, ["018f0000-0000-7000-8000-00000000ffff"])
      assert.strictEqual(unknown.code, "RP004")
    }
    assert.deepStrictEqual(await messages(id), [])
  })
})
