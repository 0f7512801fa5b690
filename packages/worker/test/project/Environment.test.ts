import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Processes from "@rappel/test/kit/Processes"
import * as Redacted from "effect/Redacted"
import { join } from "node:path"
import { settingsOf, variablesOf } from "../../src/project/Environment.ts"

afterAll(Processes.cleanUp)

describe("settingsOf", () => {
  it("reads every setting", () => {
    const settings = settingsOf({
      DATABASE_URL: "postgresql://user:secret@db/app",
      RAPPEL_WORKER_COUNT: "3",
      RAPPEL_SPARE_WORKERS: "0",
      RAPPEL_CONCURRENT_PER_WORKER: "7",
      RAPPEL_USER_MODULE: "src/a.ts, @app/actions,",
      RAPPEL_POLL_INTERVAL_MS: "250",
      RAPPEL_BATCH_SIZE: "50",
      RAPPEL_MAX_CONCURRENT_INSTANCES: "20",
      RAPPEL_MAX_STATE_MB: "64",
      RAPPEL_MAX_ACTION_LIFECYCLE: "1000",
      RAPPEL_SKIP_WAIT_FOR_INSTANCE: "true",
      RAPPEL_DEFAULT_POLICY: `{"retry":3,"timeout":"1 minute"}`,
      NODE_ENV: "production"
    })

    assert.strictEqual(Redacted.value(settings.databaseUrl!), "postgresql://user:secret@db/app")
    assert.notInclude(JSON.stringify(settings), "secret")
    assert.deepInclude(settings, {
      workerCount: 3,
      spareWorkers: 0,
      concurrentPerWorker: 7,
      userModules: ["src/a.ts", "@app/actions"],
      pollIntervalMillis: 250,
      listens: true,
      batchSize: 50,
      maxConcurrentInstances: 20,
      maxStateMegabytes: 64,
      maxActionLifecycle: 1000,
      skipsWait: true,
      defaultPolicy: { retry: 3, timeout: "1 minute" },
      isProduction: true
    })
  })

  it("nothing set gives the defaults, and empty is not set", () => {
    const settings = settingsOf({ DATABASE_URL: " ", RAPPEL_WORKER_COUNT: "" })

    assert.isUndefined(settings.databaseUrl)
    assert.isAtLeast(settings.workerCount, 1)
    assert.isUndefined(settings.spareWorkers)
    assert.strictEqual(settings.concurrentPerWorker, 10)
    assert.deepStrictEqual(settings.userModules, [])
    assert.isFalse(settings.skipsWait)
    assert.deepStrictEqual(settings.defaultPolicy, {})
  })

  it("a default policy that no call could have is refused", () => {
    for (const value of ["3", "retry", `{"retries":3}`, `{"timeout":"soon"}`]) {
      assert.throws(
        () => settingsOf({ RAPPEL_DEFAULT_POLICY: value }),
        /^RAPPEL_DEFAULT_POLICY is .*It takes options of a policy as JSON/
      )
    }
  })

  it("durations may be written out", () => {
    assert.isFalse(settingsOf({ RAPPEL_LISTEN: "off" }).listens)
    assert.isTrue(settingsOf({ RAPPEL_LISTEN: "on" }).listens)
    assert.throws(() => settingsOf({ RAPPEL_LISTEN: "maybe" }), /RAPPEL_LISTEN/)
    assert.strictEqual(settingsOf({ RAPPEL_POLL_INTERVAL_MS: "2s" }).pollIntervalMillis, 2000)
  })

  it("a value that cannot be is refused with its name", () => {
    for (
      const [name, value] of [
        ["RAPPEL_WORKER_COUNT", "0"],
        ["RAPPEL_WORKER_COUNT", "2.5"],
        ["RAPPEL_SPARE_WORKERS", "-1"],
        ["RAPPEL_POLL_INTERVAL_MS", "soon"],
        ["RAPPEL_SKIP_WAIT_FOR_INSTANCE", "perhaps"]
      ] as const
    ) {
      assert.throws(() => settingsOf({ [name]: value }), new RegExp(`${name} is "${value}"`))
    }
  })
})

describe("variablesOf", () => {
  const root = Processes.project({
    "packages/app/index.ts": "",
    ".env": "# settings\nRAPPEL_WORKER_COUNT=2\nexport DATABASE_URL='postgres://file'\n" +
      "CARABINER_BATCH_SIZE=9\n"
  })
  const folder = join(root, "packages", "app")

  it("the nearest .env upward counts where the process says nothing", () => {
    const variables = variablesOf({ RAPPEL_WORKER_COUNT: "5" }, folder)

    assert.strictEqual(variables["RAPPEL_WORKER_COUNT"], "5")
    assert.strictEqual(variables["DATABASE_URL"], "postgres://file")
  })

  it("names of the predecessor are read, and ours win over them", () => {
    assert.strictEqual(variablesOf({}, folder)["RAPPEL_BATCH_SIZE"], "9")
    const both = { CARABINER_BATCH_SIZE: "1", RAPPEL_BATCH_SIZE: "2", CARABINER_GRPC_ADDR: "x" }
    const variables = variablesOf(both, folder)
    assert.strictEqual(variables["RAPPEL_BATCH_SIZE"], "2")
    assert.strictEqual(variables["RAPPEL_RPC_ADDR"], "x")
  })
})
