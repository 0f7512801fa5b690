/**
 * What runs before every entry script, on a small project and with a stand-in for npm that
 * tells how it was called. The whole installation, with the real one, is in `fresh.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { afterEach } from "vitest"
import { root } from "./project.ts"

const INSTALL = pathToFileURL(join(root, "scripts", "install.mjs")).href
const FAKE_NPM = join(root, "test", "house", "fixtures", "npm-cli.js")

const folders: Array<string> = []
const children: Array<ChildProcess> = []
afterEach(() => {
  // One that a failed test left behind would look for its folder for ever.
  for (const child of children.splice(0)) child.kill("SIGKILL")
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

interface Told {
  readonly event: "began" | "ended"
  readonly argv: ReadonlyArray<string>
  readonly env: Record<string, string>
  readonly pid: number
}

/** A project whose lockfile lists one package, and the fake npm's log. */
const project = () => {
  const folder = mkdtempSync(join(tmpdir(), "rappel bootstrap "))
  folders.push(folder)
  const log = join(folder, "npm.log")
  const lock = (version: string) =>
    writeFileSync(
      join(folder, "package-lock.json"),
      JSON.stringify({ packages: { "": {}, "node_modules/left": { version, integrity: version } } })
    )
  lock("1.0.0")
  return {
    folder,
    lock,
    lockFile: join(folder, ".rappel", "install.lock"),
    /** What npm told, in order: whole lines, as it may be writing one. */
    told: (): ReadonlyArray<Told> =>
      existsSync(log)
        ? readFileSync(log, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line) as Told)
        : [],
    /** Starts an installation in a process of its own. */
    start: (environment: Record<string, string | undefined> = {}) => {
      const child = spawn(
        process.execPath,
        ["-e", `import(${JSON.stringify(INSTALL)}).then((m) => m.install(process.cwd()))`],
        {
          cwd: folder,
          env: { ...process.env, npm_execpath: FAKE_NPM, FAKE_NPM_LOG: log, ...environment },
          stdio: ["ignore", "ignore", "pipe"]
        }
      )
      children.push(child)
      return child
    }
  }
}

/** How a process ended, and what it said. */
const ended = (
  child: ChildProcess
): Promise<{ readonly code: number | null; readonly said: string }> =>
  new Promise((resolve) => {
    let said = ""
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
    child.on("close", (code) => resolve({ code, said }))
  })

describe("the bootstrap", () => {
  it("installs once and says why, then finds nothing to do", async () => {
    const { folder, start, told } = project()

    const first = await ended(start())
    const second = await ended(start())

    assert.strictEqual(first.code, 0)
    assert.match(first.said, /node_modules is missing; running `npm ci`/)
    assert.deepStrictEqual(second, { code: 0, said: "" })
    assert.lengthOf(told(), 2)
    assert.isTrue(existsSync(join(folder, "node_modules", ".rappel-install")))
  })

  it("installs again when the lockfile changed", async () => {
    const { lock, start, told } = project()
    await ended(start())

    lock("2.0.0")
    const { said } = await ended(start())

    assert.match(said, /package-lock.json or the machine changed/)
    assert.lengthOf(told(), 4)
  })

  it("installs again when a package was deleted", async () => {
    const { folder, start, told } = project()
    await ended(start())

    rmSync(join(folder, "node_modules", "left"), { recursive: true })
    const { said } = await ended(start())

    assert.match(said, /node_modules lacks 1 of what package-lock.json lists \(left\)/)
    assert.lengthOf(told(), 4)
  })

  it("takes what somebody installed by hand", async () => {
    const { folder, start, told } = project()
    await ended(start())

    rmSync(join(folder, "node_modules", ".rappel-install"))
    const { said } = await ended(start())

    assert.strictEqual(said, "")
    assert.lengthOf(told(), 2)
  })

  it("asks npm for the same whatever the environment says", async () => {
    const { start, told } = project()

    await ended(start({
      NODE_ENV: "production",
      npm_config_omit: "dev",
      NPM_CONFIG_PRODUCTION: "true",
      npm_config_workspace: "packages/core",
      npm_config_prefix: "/nowhere",
      npm_config_registry: "https://registry.example.com"
    }))

    const [{ argv, env }] = told() as [Told]
    assert.strictEqual(argv[0], "ci")
    assert.includeMembers([...argv], ["--include=dev", "--include=optional", "--ignore-scripts"])
    const names = Object.keys(env).map((name) => name.toLowerCase())
    for (const name of ["node_env", "npm_config_omit", "npm_config_production"]) {
      assert.notInclude(names, name)
    }
    assert.notInclude(names, "npm_config_workspace")
    assert.notInclude(names, "npm_config_prefix")
    assert.strictEqual(env["npm_config_registry"], "https://registry.example.com")
  })

  it("lends npm a cache when there is no home that can be written", async () => {
    const { folder, start, told } = project()

    const { code } = await ended(start({ HOME: "/proc/nowhere", npm_config_cache: undefined }))

    assert.strictEqual(code, 0)
    assert.include([...told()[0]!.argv], `--cache=${join(folder, ".rappel", "npm-cache")}`)
  })

  it("a second command waits for the first and says so", async () => {
    const { start, told } = project()

    const first = start({ FAKE_NPM_MILLIS: "1500" })
    const firstEnded = ended(first)
    while (told().length === 0) await pause(20)
    const second = await ended(start())

    assert.match(second.said, new RegExp(`process ${first.pid} is already installing`))
    assert.strictEqual(second.code, 0)
    assert.strictEqual((await firstEnded).code, 0)
    assert.deepStrictEqual(told().map(({ event }) => event), ["began", "ended"])
  })

  it("takes over from a holder that is dead, once for all who wait", async () => {
    const { folder, lockFile, start, told } = project()
    await ended(start())
    rmSync(join(folder, "node_modules"), { recursive: true })
    // An id above every limit of the kernel: no process has it.
    writeFileSync(lockFile, JSON.stringify({ pids: [2 ** 30], host: hostname(), token: "old" }))

    const all = await Promise.all([1, 2, 3].map(() => ended(start({ FAKE_NPM_MILLIS: "300" }))))

    assert.deepStrictEqual(all.map(({ code }) => code), [0, 0, 0])
    assert.include(all.map(({ said }) => said).join(""), "which ended in the middle")
    assert.deepStrictEqual(told().map(({ event }) => event), ["began", "ended", "began", "ended"])
    assert.isFalse(existsSync(lockFile))
  })

  it("a killed holder's npm is awaited, not run over", async () => {
    const { start, told } = project()
    const first = start({ FAKE_NPM_MILLIS: "2000" })
    while (told().length === 0) await pause(20)

    first.kill("SIGKILL")
    const { code } = await ended(start())

    assert.strictEqual(code, 0)
    assert.deepStrictEqual(told().map(({ event }) => event), ["began", "ended"])
  })

  it("a failure prints npm's last lines and what to do, and ends with 3", async () => {
    const { folder, lockFile, start } = project()

    const { code, said } = await ended(start({ FAKE_NPM_FAILS: "code ENOTFOUND" }))

    assert.strictEqual(code, 3)
    assert.match(said, /`npm ci` ended with 1\. Its last lines:\n\n {2}npm error code ENOTFOUND/)
    assert.match(said, /npm can't reach its registry\. Check the network/)
    assert.notMatch(said, /\n\s+at /)
    assert.isFalse(existsSync(lockFile))
    assert.isFalse(existsSync(join(folder, "node_modules", ".rappel-install")))
  })

  it("a lockfile in the middle of a merge is named as what is wrong", async () => {
    const { folder, start } = project()
    await ended(start())

    writeFileSync(join(folder, "package-lock.json"), "<<<<<<< ours\n{}\n")
    const { code, said } = await ended(start())

    assert.strictEqual(code, 3)
    assert.match(said, /package-lock\.json is no JSON,.* Look for the marks of a merge/)
    assert.notMatch(said, /\n\s+at /)
  })

  it("a signal stops the installation and frees the lock", async () => {
    const { lockFile, start, told } = project()
    const child = start({ FAKE_NPM_MILLIS: "60000" })
    const end = ended(child)
    while (told().length === 0) await pause(20)

    child.kill("SIGTERM")

    assert.strictEqual((await end).code, 143)
    assert.isFalse(existsSync(lockFile))
  })
})
