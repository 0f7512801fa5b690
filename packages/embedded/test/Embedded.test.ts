import * as Embedded from "@rappel/embedded/Embedded"
import { skipFor } from "@rappel/test/kit/skips"
import * as Effect from "effect/Effect"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, onTestFinished, test } from "vitest"
import { ask, endServerOf, eventually, isRunning, projectFolder, starter } from "./processes.ts"

const ensure = (options: Embedded.Options) => Effect.runPromise(Embedded.ensure(options))
const isRoot = process.getuid?.() === 0

describe("a database that the caller names", () => {
  test("is taken as it is, and never stopped", async () => {
    const projectRoot = projectFolder()
    const databaseUrl = "postgresql://somebody:secret@somewhere/db"

    const database = await ensure({ projectRoot, databaseUrl })
    await Effect.runPromise(database.stop)

    assert.deepInclude(database, { url: databaseUrl, origin: "url", pid: null })
    assert.isFalse(existsSync(join(projectRoot, ".rappel")))
  })
})

describe("a project's server", () => {
  test("starts, takes connections on a socket only, and stops", async () => {
    const projectRoot = projectFolder()

    const database = await ensure({ projectRoot, fsync: false })

    assert.strictEqual(database.origin, "started")
    assert.strictEqual(database.dataDirectory, join(projectRoot, ".rappel/postgres"))
    assert.strictEqual(await ask(database.url, "show listen_addresses"), "")
    assert.strictEqual(await ask(database.url, "show server_encoding"), "UTF8")
    assert.strictEqual(statSync(database.socketDirectory!).mode & 0o777, 0o700)
    await Effect.runPromise(database.stop)
    await eventually(() => !isRunning(database.pid!))
    assert.isFalse(existsSync(database.socketDirectory!))
    assert.strictEqual(readFileSync(join(projectRoot, ".rappel/.gitignore"), "utf8"), "*\n")
  })

  test("keeps its data, and outlives a starter that is killed", async () => {
    const projectRoot = projectFolder()
    const first = starter({ projectRoot, fsync: false })
    const { origin, pid, url } = await first.answer()
    await ask(url, "create table kept as select 7 as n")

    await first.kill()

    assert.strictEqual(origin, "started")
    assert.isTrue(isRunning(pid))
    const database = await ensure({ projectRoot })
    assert.deepInclude(database, { origin: "attached", pid, url })
    assert.strictEqual(await ask(database.url, "select n from kept"), 7)
    await Effect.runPromise(database.stop)
    await eventually(() => !isRunning(pid))

    const again = await ensure({ projectRoot })
    assert.strictEqual(again.origin, "started")
    assert.strictEqual(await ask(again.url, "select n from kept"), 7)
    await Effect.runPromise(again.stop)
  })

  test("stops with its last user, not with its starter", async () => {
    const projectRoot = projectFolder()
    const other = starter({ projectRoot, fsync: false })
    const { pid } = await other.answer()
    const database = await ensure({ projectRoot })

    other.say("stop")
    await other.answer()
    assert.isTrue(isRunning(pid))
    await Effect.runPromise(database.stop)
    await Effect.runPromise(database.stop)

    await eventually(() => !isRunning(pid))
  })

  test("is one, however many start it at once", async () => {
    const projectRoot = projectFolder()
    const starters = Array.from({ length: 3 }, () => starter({ projectRoot, fsync: false }))

    const answers = await Promise.all(starters.map(({ answer }) => answer()))

    assert.strictEqual(new Set(answers.map(({ pid }) => pid)).size, 1)
    assert.sameMembers(answers.map(({ origin }) => origin), ["started", "attached", "attached"])
  })

  test("starts after a crash, though its old number belongs to another process", async () => {
    const projectRoot = projectFolder()
    const crashed = await ensure({ projectRoot, fsync: false })
    process.kill(crashed.pid!, "SIGKILL")
    await eventually(() => !isRunning(crashed.pid!))
    const pidFile = join(crashed.dataDirectory!, "postmaster.pid")
    writeFileSync(pidFile, readFileSync(pidFile, "utf8").replace(/^\d+/, String(process.ppid)))

    const database = await ensure({ projectRoot, fsync: false })

    assert.strictEqual(database.origin, "started")
    assert.isFalse(existsSync(crashed.socketDirectory!))
    await Effect.runPromise(database.stop)
  })

  test("what a start left that was killed is removed", async () => {
    const projectRoot = projectFolder()
    const half = join(projectRoot, ".rappel/postgres.new-999999999")
    mkdirSync(half, { recursive: true })
    writeFileSync(join(half, "PG_VERSION"), "17\n")

    const database = await ensure({ projectRoot, fsync: false })

    assert.isFalse(existsSync(half))
    await Effect.runPromise(database.stop)
  })

  test("a lock whose holder is gone holds nobody up", async () => {
    const projectRoot = projectFolder()
    mkdirSync(join(projectRoot, ".rappel"))
    writeFileSync(join(projectRoot, ".rappel/postgres.lock"), "999999999")

    const database = await ensure({ projectRoot, fsync: false })

    await Effect.runPromise(database.stop)
    assert.isFalse(existsSync(join(projectRoot, ".rappel/postgres.lock")))
  })

  test("runs under a path of 150 characters with spaces", async () => {
    const projectRoot = join(projectFolder(), "with a space ".repeat(10) + "é", "deep")
    mkdirSync(projectRoot, { recursive: true })
    assert.isAbove(projectRoot.length, 150)

    const database = await ensure({ projectRoot, fsync: false })

    assert.strictEqual(await ask(database.url, "select 1"), 1)
    await Effect.runPromise(database.stop)
  })

  test("of another version is refused with what to do", async () => {
    const projectRoot = projectFolder()
    const old = await ensure({ projectRoot, fsync: false })
    await Effect.runPromise(old.stop)
    writeFileSync(join(old.dataDirectory!, "PG_VERSION"), "9\n")

    const error = await Effect.runPromise(Effect.flip(Embedded.ensure({ projectRoot })))

    assert.match(
      error.message,
      /No programs of Postgres 9 were found \(.*is Postgres 1\d.*DATABASE_URL/s
    )
  })

  test("that cannot start says why, and leaves nothing running", async () => {
    const projectRoot = projectFolder()
    const database = await ensure({ projectRoot, fsync: false })
    await Effect.runPromise(database.stop)
    rmSync(join(database.dataDirectory!, "global"), { recursive: true })

    const error = await Effect.runPromise(Effect.flip(Embedded.ensure({ projectRoot })))

    assert.match(error.message, /Postgres did not start on .*DATABASE_URL/s)
    assert.isFalse(existsSync(join(projectRoot, ".rappel/postgres.lock")))
  })
})

describe("a temporary server", () => {
  for (const version of [15, 17]) {
    test(`of Postgres ${version} goes with its data when it is stopped`, async () => {
      const database = await ensure({
        projectRoot: projectFolder(),
        temporary: true,
        fsync: false,
        version
      })

      assert.match(
        String(await ask(database.url, "show server_version")),
        new RegExp(`^${version}\\.`)
      )
      assert.strictEqual(await ask(database.url, "show fsync"), "off")
      await Effect.runPromise(database.stop)

      await eventually(() => !isRunning(database.pid!))
      assert.isFalse(existsSync(database.dataDirectory!))
    })
  }

  test("goes with its data when its owner is killed", async () => {
    const owner = starter({ projectRoot: projectFolder(), temporary: true, fsync: false })
    const { dataDirectory, pid } = await owner.answer()
    assert.isTrue(isRunning(pid))

    await owner.kill()

    await eventually(() => !isRunning(pid) && !existsSync(dirname(dataDirectory!)))
  })

  test("goes when its owner is killed in the middle of making it", async () => {
    const owner = starter({ projectRoot: projectFolder(), databaseUrl: "x" })
    await owner.answer()
    const folder = join(tmpdir(), `rappel-half-${process.pid}`)
    const shared = { folder, ownerPid: owner.process.pid! }
    const making = Effect.runPromiseExit(
      Embedded.ensure({ projectRoot: projectFolder(), fsync: false, shared })
    )
    await eventually(() => existsSync(folder))

    await owner.kill()

    await making
    await eventually(() => !existsSync(folder))
  })

  test("that is shared ends with the process that is named", async () => {
    const owner = starter({ projectRoot: projectFolder(), databaseUrl: "x" })
    await owner.answer()
    const folder = join(tmpdir(), `rappel-shared-${process.pid}`)
    const shared = { folder, ownerPid: owner.process.pid! }
    const options = { projectRoot: projectFolder(), fsync: false, shared }

    const [one, two] = await Promise.all([ensure(options), starter(options).answer()])
    assert.strictEqual(one.url, two.url)
    await Effect.runPromise(one.stop)
    assert.isTrue(isRunning(two.pid))
    await owner.kill()

    await eventually(() => !isRunning(two.pid) && !existsSync(folder))
  })
})

describe("as root", () => {
  if (!isRoot) {
    skipFor({ otherMachine: "only root may change its user" }, "as root")
    return
  }

  test("the server runs as another account, also where that cannot enter the project", async () => {
    const projectRoot = mkdtempSync(join(tmpdir(), "closed-"))
    chmodSync(projectRoot, 0o700)

    const database = await ensure({ projectRoot, fsync: false })
    onTestFinished(async () => {
      await endServerOf(database.dataDirectory!)
      rmSync(dirname(database.dataDirectory!), { recursive: true, force: true })
      rmSync(projectRoot, { recursive: true, force: true })
    })

    assert.notStrictEqual(statSync(database.dataDirectory!).uid, 0)
    assert.isFalse(database.dataDirectory!.startsWith(projectRoot))
    assert.strictEqual(statSync(dirname(database.dataDirectory!)).mode & 0o777, 0o700)
    const pointer = JSON.parse(readFileSync(join(projectRoot, ".rappel/postgres.json"), "utf8"))
    assert.strictEqual(pointer.dataDirectory, database.dataDirectory)
    await ask(database.url, "create table kept as select 7 as n")
    await Effect.runPromise(database.stop)
    const again = await ensure({ projectRoot, fsync: false })
    assert.strictEqual(again.dataDirectory, database.dataDirectory)
    assert.strictEqual(await ask(again.url, "select n from kept"), 7)
    await Effect.runPromise(again.stop)
  })

  test("an ordinary user's cluster is started as that user", async () => {
    const projectRoot = projectFolder(65534)
    const user = starter({ projectRoot, fsync: false }, 65534)
    const { dataDirectory } = await user.answer()
    user.say("stop")
    await user.answer()

    const database = await ensure({ projectRoot, fsync: false })

    assert.strictEqual(statSync(`${dataDirectory}/postmaster.pid`).uid, 65534)
    await Effect.runPromise(database.stop)
  })

  test("an ordinary user starts, attaches and stops", async () => {
    const projectRoot = projectFolder(65534)
    const first = starter({ projectRoot, fsync: false }, 65534)
    const { pid } = await first.answer()
    await first.kill()

    const second = starter({ projectRoot, fsync: false }, 65534)
    assert.deepInclude(await second.answer(), { origin: "attached", pid })
    second.say("stop")
    await second.answer()

    await eventually(() => !isRunning(pid))
  })

  test("a project that an ordinary user cannot write to is named", async () => {
    const projectRoot = projectFolder()

    const { error } = await starter({ projectRoot, fsync: false }, 65534).answer()

    assert.match(error!, /\.rappel cannot be written to.*DATABASE_URL/)
  })

  test("an account without a name is told that Postgres wants one", async () => {
    const projectRoot = projectFolder(12345)

    const { error } = await starter({ projectRoot, fsync: false }, 12345).answer()

    assert.match(error!, /initdb.*user does not exist.*DATABASE_URL/s)
  })

  test("a cluster of another account is named", async () => {
    const projectRoot = projectFolder()
    const database = await ensure({ projectRoot, fsync: false })
    chmodSync(join(projectRoot, ".rappel"), 0o777)

    const { error } = await starter({ projectRoot, fsync: false }, 12345).answer()

    assert.match(error!, /belongs to another account.*DATABASE_URL/)
    await Effect.runPromise(database.stop)
  })
})
