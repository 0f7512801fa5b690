import { afterAll, assert, describe, it } from "@effect/vitest"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

const run = async (args: ReadonlyArray<string>) => {
  const DATABASE_URL = await Postgres.emptyUrl()
  const cwd = Processes.project({})
  const ended = await Processes.rappel(args, { cwd, env: { DATABASE_URL } })
  assert.strictEqual(ended.code, 0, ended.stderr)
  return ended
}

const lastOf = (stdout: string) => JSON.parse(stdout.trimEnd().split("\n").at(-1)!)

const small = ["--workers", "2", "--concurrency", "4", "--log-interval", "1", "--json"]

const databases = async () => {
  const client = new pg.Client({ connectionString: await Postgres.url() })
  await client.connect()
  try {
    const { rows } = await client.query(
      "select datname from pg_database where datname like 'rappel_bench_%'"
    )
    return rows
  } finally {
    await client.end()
  }
}

describe("rappel bench", () => {
  it("runs messages in worker processes, checks them and leaves nothing behind", async () => {
    const { stderr, stdout } = await run([
      "bench",
      "--messages",
      "520",
      "--payload",
      "32",
      ...small
    ])
    const report = lastOf(stdout)

    assert.deepInclude(report, { kind: "result", steps: 520, instances: 2, results_checked: 2 })
    assert.deepInclude(report.options, { messages: 520, payload: 32, workers: 2, concurrency: 4 })
    assert.isAbove(report.throughput_per_s, 0)
    // A message is one event of a batch, never a transaction of its own.
    assert.isBelow(report.commits_per_step, 1)
    assert.isAbove(report.commits_per_step, 0)
    assert.isAbove(report.wal_bytes_per_step, 32)
    assert.isAtLeast(report.connections, 1)
    assert.isAtMost(report.connections, 5)
    assert.isAbove(report.peak_rss_mib.worker, 10)
    assert.isAbove(report.cpu_ms_per_step.workers, 0)
    // The server of the tests runs without fsync.
    assert.isFalse(report.durable)
    assert.include(stderr, "no figures of durable runs")
    assert.deepStrictEqual(await databases(), [])
  }, 90_000)
})

describe("rappel bench-instances", () => {
  for (
    const [shape, instances, steps] of [["chain", 9, 3], ["fan-out", 3, 20], ["loop", 2, 10], [
      "latency",
      5,
      1
    ]] as const
  ) {
    it(`runs the shape ${shape}, and bench-report reads what it wrote`, async () => {
      const { stdout } = await run([
        "bench-instances",
        "--shape",
        shape,
        "--instances",
        String(instances),
        "--steps",
        String(steps),
        "--payload-size",
        "64",
        ...(shape === "chain" ? [] : ["--inline"]),
        ...small
      ])
      const report = lastOf(stdout)
      assert.deepInclude(report, {
        workload: `bench-instances-${shape}`,
        instances,
        steps: instances * steps,
        results_checked: instances
      })
      assert.isAtLeast(report.latency.max, report.latency.p50)

      const read = await Processes.rappel(["bench-report", "--json"], {
        cwd: Processes.project({}),
        input: stdout
      })
      const [summary] = JSON.parse(read.stdout).runs
      assert.isTrue(summary.finished)
      assert.strictEqual(summary.result.steps_per_s, report.steps_per_s)
    }, 90_000)
  }
})

describe("a command whose output nobody reads any more", () => {
  it("ends quietly, and leaves nothing behind", async () => {
    const DATABASE_URL = await Postgres.emptyUrl()
    const running = Processes.start([
      Processes.RAPPEL,
      "bench-instances",
      "--instances",
      "1000000",
      "--inline",
      ...small
    ], { cwd: Processes.project({}), env: { DATABASE_URL } })
    await running.writes(/"kind":"progress"/)
    running.child.stdout!.destroy()
    const { stderr } = await running.ended

    assert.notInclude(stderr, "EPIPE")
    assert.deepStrictEqual(await databases(), [])
  }, 90_000)
})

describe("rappel bench-report", () => {
  it("says what it takes when there is nothing of a benchmark", async () => {
    const cwd = Processes.project({ "log.txt": "nothing\n" })
    const { code, stderr } = await Processes.rappel(["bench-report", "log.txt"], { cwd })
    assert.strictEqual(code, 2)
    assert.include(stderr, "no line of a benchmark")
  }, 30_000)
})
