/** An instance that several workflows share: started by an action, under a key (decision 14). */
import { afterAll, assert, describe, it } from "@effect/vitest"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

const sources = {
  "flows.ts": `
    import { action, signal, waitFor, workflow } from "@rappel/core"

    export const Paid = signal<number>("paid")

    export const account = workflow(async (customer: string) => {
      let sum = 0
      for (let n = 0; n < 3; n++) sum += await waitFor(Paid)
      return customer + " paid " + sum
    })

    export const open = action(async (customer: string) =>
      (await account.with({ key: customer }).start(customer)).id)

    export const pay = action(async (customer: string, cents: number) => {
      const handle = await account.with({ key: customer }).start(customer)
      await handle.signal(Paid, cents)
      return handle.id
    })

    export const order = workflow(async (customer: string, cents: number) => {
      const id = await open(customer)
      return [id, await pay(customer, cents)]
    })
  `,
  "start.ts": `
    import { account, order } from "./flows.ts"

    const handles = await Promise.all([10, 20, 30].map((cents) => order.start("Ada", cents)))
    const ids = new Set((await Promise.all(handles.map((handle) => handle.result()))).flat())
    const sum = await (await account.with({ key: "Ada" }).start("Ada")).result()
    console.log(JSON.stringify({ ids: ids.size, sum }))
  `
}

describe("an instance with a key", () => {
  it("is one for all workflows whose actions start it", async () => {
    const cwd = Processes.project(sources)
    const DATABASE_URL = await Postgres.freshUrl()
    const env = { DATABASE_URL, RAPPEL_WORKER_COUNT: "1", RAPPEL_USER_MODULE: "./flows.ts" }
    const host = Processes.start([Processes.RAPPEL, "start-workers"], { cwd, env })
    await host.writes(/^Ready/m)
    const { code, stderr, stdout } = await Processes.start(
      ["--import", Processes.START, "start.ts"],
      { cwd, env }
    ).ended

    assert.strictEqual(code, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), { ids: 1, sum: "Ada paid 60" })
    const client = new pg.Client({ connectionString: DATABASE_URL })
    await client.connect()
    const { rows } = await client.query(
      "select name, count(*)::int from rappel.instance group by 1"
    )
    await client.end()
    assert.deepStrictEqual(
      Object.fromEntries(rows.map(({ count, name }) => [name, count])),
      { account: 1, order: 3 }
    )
  }, 120_000)
})
