/**
 * The processes of an audit: Postgres behind proxies, dispatchers with their workers, clients.
 */
import { spawn } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { ClientSettings } from "./client.ts"
import * as Cluster from "./Cluster.ts"
import type { Options } from "./Options.ts"
import * as Project from "./Project.ts"
import * as Proxy from "./Proxy.ts"
import * as Reaper from "./Reaper.ts"

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url))
const RAPPEL = join(REPOSITORY, "packages/cli/bin/rappel.mjs")
const WITH_SOURCES = join(REPOSITORY, "scripts/with-sources.mjs")
const CLIENT = join(REPOSITORY, "test/chaos/client.ts")
const SABOTAGED = join(REPOSITORY, "test/chaos/sabotagedDispatcher.ts")

/** A process that is started again whenever it ends, as a supervisor does. */
export interface Kept {
  readonly name: string
  readonly proxy: Proxy.Proxy
  /** Undefined between two lives. */
  readonly pid: () => number | undefined
  /** Since when this life runs. */
  readonly since: () => number
  /** Ends the supervision, asks the process to end, and waits for it. */
  readonly stop: () => Promise<void>
  /** Awaits the end of one that ends by itself now; one between two lives is started once more. */
  readonly finish: () => Promise<void>
  /** Asks it to end and starts it anew, with what is current then. */
  readonly restart: () => Promise<void>
  /** Exit codes of lives that ended by themselves. */
  readonly exits: ReadonlyArray<string>
  readonly signal: (signal: NodeJS.Signals) => boolean
}

export interface System {
  readonly cluster: Cluster.Cluster
  readonly project: Project.Project
  readonly ledger: string
  readonly home: string
  readonly dispatchers: ReadonlyArray<Kept>
  readonly clients: ReadonlyArray<Kept>
  /** Clients end what they have begun, in this life or the next, and begin nothing new. */
  readonly finishClients: () => Promise<void>
  readonly clientLedgers: ReadonlyArray<string>
  readonly workersOf: (dispatcher: Kept) => ReadonlyArray<number>
  /** Writes a new version of the project. */
  readonly deploy: () => number
  /** Ends every process and removes every file, unless ledgers and logs are to be kept. */
  readonly end: (keeps?: boolean) => Promise<void>
}

/** A supervisor waits a moment before it starts what has died. */
const RESTART_MILLIS = 300

const FINISH_TRIES = 10

const environmentOf = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const kept: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(?:DATABASE_URL|RAPPEL_|CARABINER_|PG|NODE_OPTIONS|NODE_ENV|VITEST|CHAOS_)/.test(name)) {
      kept[name] = value
    }
  }
  return { ...kept, ...more }
}

const keep = (
  name: string,
  proxy: Proxy.Proxy,
  reaper: Reaper.Reaper,
  log: string,
  command: () => {
    readonly args: ReadonlyArray<string>
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
  }
): Kept => {
  let pid: number | undefined
  let since = 0
  let isStopping = false
  let isEnding = false
  let ended: Promise<void> = Promise.resolve()
  let lastCode: number | null = null
  const exits: Array<string> = []

  const run = () => {
    const { args, cwd, env } = command()
    const output = openSync(log, "a")
    const child = spawn(process.execPath, args, {
      cwd,
      env: environmentOf(env),
      stdio: ["ignore", output, output]
    })
    const started = child.pid!
    pid = started
    since = Date.now()
    reaper.adopt(started)
    ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        reaper.release(started)
        pid = undefined
        lastCode = code
        if (!isEnding && signal !== "SIGKILL") exits.push(`${name}: ${signal ?? `code ${code}`}`)
        isEnding = false
        if (!isStopping) setTimeout(() => isStopping || run(), RESTART_MILLIS)
        resolve()
      })
    })
  }
  run()
  const signal = (which: NodeJS.Signals): boolean => {
    if (pid === undefined) return false
    try {
      return process.kill(pid, which)
    } catch {
      return false
    }
  }
  const askToEnd = async () => {
    if (pid === undefined) return
    isEnding = true
    signal("SIGCONT")
    signal("SIGTERM")
    await ended
  }
  return {
    name,
    proxy,
    pid: () => pid,
    since: () => since,
    exits,
    signal,
    finish: async () => {
      isStopping = true
      for (let tries = 0; tries < FINISH_TRIES; tries++) {
        if (pid === undefined) run()
        isEnding = true
        signal("SIGCONT")
        await ended
        if (lastCode === 0) return
      }
    },
    restart: askToEnd,
    stop: async () => {
      isStopping = true
      await askToEnd()
    }
  }
}

export const make = async (options: Options): Promise<System> => {
  const reaper = Reaper.make()
  const home = mkdtempSync(join(tmpdir(), "rappel-chaos-"))
  if (!options.keep) reaper.remove(home)
  const ledger = join(home, "ledger")
  mkdirSync(ledger)
  const kept: Array<Kept> = []
  const proxies: Array<Proxy.Proxy> = []
  let cluster: Cluster.Cluster | undefined

  const end = async (keeps = false) => {
    for (const one of kept) one.signal("SIGKILL")
    for (const proxy of proxies) proxy.close()
    await cluster?.remove()
    await reaper.end()
    if (!keeps) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    cluster = await Cluster.make(reaper, options.postgres)
    const { socket, url } = cluster
    const project = Project.make(home)
    let version = 1
    let programs = project.deploy(version)
    await migrate(url, project.folder)

    const proxied = async () => {
      const proxy = await Proxy.make(socket)
      proxies.push(proxy)
      return proxy
    }
    const dispatchers: Array<Kept> = []
    for (let i = 0; i < options.dispatchers; i++) {
      const proxy = await proxied()
      const command = () => ({
        args: options.sabotages.length === 0
          ? [RAPPEL, "start-workers"]
          : [WITH_SOURCES, SABOTAGED, ...options.sabotages],
        cwd: project.folder,
        env: {
          DATABASE_URL: proxy.url,
          CHAOS_LEDGER: ledger,
          RAPPEL_WORKER_COUNT: String(options.workers),
          RAPPEL_SPARE_WORKERS: String(options.spares),
          RAPPEL_CONCURRENT_PER_WORKER: String(options.concurrency)
        }
      })
      dispatchers.push(
        keep(`dispatcher ${i}`, proxy, reaper, `${home}/dispatcher-${i}.log`, command)
      )
    }
    kept.push(...dispatchers)

    const stopFile = join(home, "stop")
    const clients: Array<Kept> = []
    const clientLedgers: Array<string> = []
    for (let i = 0; i < options.clients; i++) {
      const proxy = await proxied()
      const file = join(ledger, `client-${i}.tsv`)
      clientLedgers.push(file)
      const command = () => {
        const settings: ClientSettings = {
          url: proxy.url,
          name: `c${i}`,
          ledger: file,
          programs,
          seed: options.seed * 31 + i,
          concurrency: options.instances,
          stopFile
        }
        return {
          args: [WITH_SOURCES, CLIENT, JSON.stringify(settings)],
          cwd: REPOSITORY,
          env: {}
        }
      }
      clients.push(keep(`client ${i}`, proxy, reaper, `${home}/client-${i}.log`, command))
    }
    kept.push(...clients)

    return {
      cluster,
      project,
      ledger,
      home,
      dispatchers,
      clients,
      finishClients: async () => {
        writeFileSync(stopFile, "")
        await Promise.all(clients.map((client) => client.finish()))
      },
      clientLedgers,
      workersOf: (dispatcher) => childrenOf(dispatcher.pid()),
      deploy: () => {
        programs = project.deploy(++version)
        return version
      },
      end
    }
  } catch (error) {
    await end()
    throw error
  }
}

const migrate = async (url: string, cwd: string) => {
  const child = spawn(process.execPath, [RAPPEL, "migrate"], {
    cwd,
    env: environmentOf({ DATABASE_URL: url }),
    stdio: ["ignore", "ignore", "inherit"]
  })
  const code = await new Promise((resolve) => child.once("exit", resolve))
  if (code !== 0) throw new Error(`rappel migrate ended with ${String(code)}`)
}

/** Living children of a process, from `/proc`. */
const childrenOf = (pid: number | undefined): ReadonlyArray<number> => {
  if (pid === undefined) return []
  const file = `/proc/${pid}/task/${pid}/children`
  try {
    if (existsSync(file)) {
      return readFileSync(file, "utf8").trim().split(" ").filter(Boolean).map(Number)
    }
  } catch {
    return []
  }
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((child) => {
    try {
      const stat = readFileSync(`/proc/${child}/stat`, "utf8")
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid
    } catch {
      return false
    }
  })
}

/** Looks again and again until it is so; false when the time is over. */
export const until = async (
  isSo: () => boolean | Promise<boolean>,
  millis: number
): Promise<boolean> => {
  for (const deadline = Date.now() + millis; Date.now() < deadline;) {
    if (await isSo()) return true
    await pause(20)
  }
  return await isSo()
}
