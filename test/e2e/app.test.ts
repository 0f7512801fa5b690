/**
 * Apps that call `greeting.run()`: ordinary programs that are started with `node`.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { socketOf } from "@rappel/worker/background/place"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

/** Resolves when the background process of a project has ended, and one of its workers. */
const backgroundEnds = async (cwd: string, worker: number) => {
  for (let waited = 0; existsSync(socketOf(cwd)) || Processes.isAlive(worker); waited += 100) {
    if (waited > 30_000) throw new Error(`The background process of ${cwd} does not end`)
    await sleep(100)
  }
}

/** Resolves when an outcome of a call is durable; the instance sleeps for seconds after it. */
const firstStepIsStored = async (connectionString: string) => {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    for (let waited = 0; waited < 30_000; waited += 50) {
      const { rowCount } = await client.query("select from rappel.event where kind = 'settled'")
      if (rowCount! > 0) return
      await sleep(50)
    }
    throw new Error("No step was stored within 30 s")
  } finally {
    await client.end()
  }
}

/** Lets plain `node` run TypeScript that finds rappel, as a project's own tsx would. */

const startApp = (cwd: string, file: string, env: Readonly<Record<string, string>> = {}) =>
  Processes.start(["--import", Processes.START, file], { cwd, env })

const sources = {
  "src/greeting.ts": files.greeting,
  "src/slow.ts": `
    import { action, sleep, workflow } from "@rappel/core"
    export const tick = action(async (n: number) => n + 1)
    export const parent = action(async () => process.ppid)
    export const whoRuns = workflow(async () => await parent())
    export const slow = workflow(async (n: number) => {
      const first = await tick(n)
      await sleep("3s")
      return await tick(first)
    })
  `,
  "app.ts": `
    import { UnknownUser, greeting, whereabouts } from "./src/greeting.ts"
    const { text } = await greeting.run("u1")
    const failure = await greeting.run("u0").catch((error) => error)
    const handle = await greeting.with({ key: "once" }).start("u1")
    const again = await greeting.with({ key: "once" }).start("u1")
    console.log(JSON.stringify({
      text,
      isUnknownUser: failure instanceof UnknownUser,
      message: failure.message,
      id: failure.id,
      isSame: handle.id === again.id,
      result: (await handle.result()).text,
      status: await handle.status(),
      pid: process.pid,
      worker: await whereabouts.run()
    }))
  `,
  "src/welcome.ts": `
    import { action, Workflow } from "@rappel/core"
    export const say = action(async (name: string) => "version 1 of " + name)
    export class Welcome extends Workflow {
      async run(name: string) {
        return await this.say(name)
      }
      async say(name: string) {
        return await say(name)
      }
    }
  `,
  "welcome-app.ts": `
    import { Welcome } from "./src/welcome.ts"
    console.log(JSON.stringify(await Welcome.run("Ada")))
  `,
  "waiter.ts": `
    import { slow, whoRuns } from "./src/slow.ts"
    const background = await whoRuns.run()
    const handle = await slow.start(1)
    console.log("background " + background)
    console.log("result " + await handle.result())
  `,
  "starter.ts": `
    import { slow } from "./src/slow.ts"
    const handle = await slow.start(1)
    console.log("started " + handle.id)
    console.log("result " + await handle.result())
  `,
  "finisher.ts": `
    import { result } from "@rappel/core"
    console.log("result " + await result(process.argv[2]!))
  `
}

const parse = (ended: Processes.Ended) => {
  assert.strictEqual(ended.code, 0, ended.stderr)
  return JSON.parse(ended.stdout.trimEnd().split("\n").at(-1)!)
}

describe("an app without DATABASE_URL", () => {
  it(
    "runs on a background process that the apps of a project share and that ends after them",
    async () => {
      const cwd = Processes.project(sources)

      const [one, two] = (await Promise.all([
        startApp(cwd, "app.ts").ended,
        startApp(cwd, "app.ts").ended
      ])).map(parse)

      const { pid, worker, ...answer } = one
      assert.deepStrictEqual(answer, {
        text: "Hello Ada",
        isUnknownUser: true,
        message: "There is no user u0",
        id: "u0",
        isSame: true,
        result: "Hello Ada",
        status: "completed"
      })
      assert.notStrictEqual(worker, pid)
      assert.isTrue(Processes.isAlive(worker))
      assert.isTrue(Processes.isAlive(two.worker))

      const third = parse(await startApp(cwd, "app.ts").ended)
      assert.isTrue([worker, two.worker].includes(third.worker) || Processes.isAlive(third.worker))

      await backgroundEnds(cwd, worker)
    },
    90_000
  )

  it("a background process that is killed is replaced while an app waits", async () => {
    const cwd = Processes.project(sources)
    const app = startApp(cwd, "waiter.ts")
    const [, background] = await app.writes(/background (\d+)/)
    await sleep(500)

    process.kill(Number(background), "SIGKILL")
    const { code, stderr, stdout } = await app.ended

    assert.strictEqual(code, 0, stderr)
    assert.include(stdout, "result 3\n")
    await backgroundEnds(cwd, Number(background))
  }, 90_000)

  it("production needs a database of its own", async () => {
    const cwd = Processes.project(sources)
    const { code, stderr } = await startApp(cwd, "app.ts", { NODE_ENV: "production" }).ended

    assert.strictEqual(code, 1)
    assert.include(stderr, "DATABASE_URL is not set")
  }, 30_000)
})

describe("rappel dev", () => {
  it("serves the project's apps, and its workers run what was saved last", async () => {
    const cwd = Processes.project(sources)
    const dev = Processes.start([Processes.RAPPEL, "dev"], { cwd })
    await dev.writes(/^Ready: /m)
    assert.match(dev.output(), /✓ Welcome \(src\/welcome\.ts\) [0-9a-f]{12}/)

    assert.strictEqual(parse(await startApp(cwd, "welcome-app.ts").ended), "version 1 of Ada")
    const file = join(cwd, "src/welcome.ts")
    writeFileSync(file, readFileSync(file, "utf8").replace("version 1", "version 2"))
    await dev.writes(/^Changed: src\/welcome\.ts/m)
    assert.strictEqual(parse(await startApp(cwd, "welcome-app.ts").ended), "version 2 of Ada")

    dev.child.kill("SIGINT")
    assert.strictEqual((await dev.ended).code, 0)
  }, 90_000)
})

describe("an app with DATABASE_URL", () => {
  it("steps nothing itself, and its result outlives it and the dispatcher", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project(sources)
    const env = { DATABASE_URL, RAPPEL_WORKER_COUNT: "1" }
    const startWorkers = async () => {
      const running = Processes.start([Processes.RAPPEL, "start-workers"], { cwd, env })
      await running.writes(/^Ready:/m)
      return running
    }

    const dispatcher = await startWorkers()
    const app = startApp(cwd, "starter.ts", env)
    const [, id] = await app.writes(/started (\S+)/)
    await firstStepIsStored(DATABASE_URL)
    app.child.kill("SIGKILL")
    dispatcher.child.kill("SIGKILL")
    await Promise.all([app.ended, dispatcher.ended])
    const successor = await startWorkers()
    const finisher = Processes.start(["--import", Processes.START, "finisher.ts", id!], {
      cwd,
      env
    })
    const { code, stderr, stdout } = await finisher.ended

    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "result 3\n")
    const client = new pg.Client({ connectionString: DATABASE_URL })
    await client.connect()
    const { rows } = await client.query("select kind from rappel.event order by seq")
    const dispatchers = await client.query("select pid from rappel.dispatcher")
    await client.end()
    assert.deepStrictEqual(rows.map(({ kind }) => kind), ["settled", "fired", "settled"])
    // Apps register no dispatcher, so none of them can have stepped anything.
    const pids = dispatchers.rows.map(({ pid }) => pid)
    assert.isTrue(pids.every((pid) => pid === dispatcher.pid || pid === successor.pid))

    successor.child.kill("SIGTERM")
    assert.strictEqual((await successor.ended).code, 0)
  }, 90_000)

  it("RAPPEL_SKIP_WAIT_FOR_INSTANCE answers with the id", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({
      ...sources,
      "skip.ts": `
        import { greeting } from "./src/greeting.ts"
        console.log(JSON.stringify(await greeting.run("u1")))
      `
    })
    const env = { DATABASE_URL, RAPPEL_SKIP_WAIT_FOR_INSTANCE: "1" }

    assert.match(parse(await startApp(cwd, "skip.ts", env).ended), /^[0-9a-f-]{36}$/)
  }, 30_000)

  it("a database that is not there fails within seconds and says what to do", async () => {
    const cwd = Processes.project(sources)
    const env = { DATABASE_URL: "postgresql://user:secret@127.0.0.1:1/nowhere" }

    const { code, millis, stderr } = await startApp(cwd, "app.ts", env).ended

    assert.strictEqual(code, 1)
    assert.include(stderr, "ECONNREFUSED")
    assert.notInclude(stderr, "secret")
    assert.isBelow(millis, 20_000)
  }, 30_000)
})
