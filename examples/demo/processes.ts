/**
 * The processes of the demo: a dispatcher with its workers, and the ledger that their actions
 * write.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const RAPPEL = fileURLToPath(new URL("../../packages/cli/bin/rappel.mjs", import.meta.url))
/** The project that the workflows belong to: their actions are found from here. */
const PROJECT = fileURLToPath(new URL("..", import.meta.url))
const WORKERS = 2

const folder = mkdtempSync(join(tmpdir(), "rappel-demo-"))

/** What the dispatchers said on stderr: shown when the demo fails. */
export const said: Array<string> = []

/** An empty file that actions append a line to, one per execution. */
export const makeLedger = (name: string): string => {
  const file = join(folder, `${name}.txt`)
  writeFileSync(file, "")
  return file
}

export const executionsIn = (ledger: string): number =>
  readFileSync(ledger, "utf8").split("\n").length - 1

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A killed process that its parent has not waited for yet still has its number.
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || !/^\d+ \(.*\) Z/s.test(readFileSync(stat, "utf8"))
}

/** Process id → parent's process id, from `/proc` or else from `ps`. */
const parents = (): ReadonlyMap<number, number> => {
  if (!existsSync("/proc/self/stat")) {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split(
      "\n"
    )
    return new Map(lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]))
  }
  const found = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8")
      found.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]))
    } catch {
      // It ended while we were looking.
    }
  }
  return found
}

const until = (isSo: () => boolean, otherwise: string) =>
  Effect.gen(function*() {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
      if (isSo()) return
      yield* Effect.sleep("25 millis")
    }
    return yield* Effect.fail(new Error(otherwise))
  })

/** `rappel start-workers`, as an operator would run it. */
export interface DispatcherProcess {
  readonly pid: number
  /** Process ids of its worker processes that live now. */
  readonly workers: () => ReadonlyArray<number>
  /** Sends SIGKILL; false when there was nobody to kill. */
  readonly kill: (pid: number) => boolean
  /** Ends when none of these processes is left. */
  readonly gone: (pids: ReadonlyArray<number>) => Effect.Effect<void, Error>
}

const workersOf = (pid: number): ReadonlyArray<number> =>
  Array.from(parents()).filter(([child, parent]) => parent === pid && isAlive(child)).map((
    [child]
  ) => child)

const spawnDispatcher = (databaseUrl: string, ledger: string): ChildProcess =>
  spawn(process.execPath, [RAPPEL, "start-workers"], {
    cwd: PROJECT,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DEMO_LEDGER: ledger,
      RAPPEL_WORKER_COUNT: String(WORKERS),
      RAPPEL_CONCURRENT_PER_WORKER: "3"
    }
  })

export const startDispatcher = (databaseUrl: string, ledger: string) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawnDispatcher(databaseUrl, ledger)),
      (child) => Effect.sync(() => child.kill("SIGTERM"))
    )
    const pid = child.pid!
    child.stderr!.setEncoding("utf8").on("data", (text: string) => said.push(text))
    yield* until(
      () => child.exitCode !== null || workersOf(pid).length >= WORKERS,
      "the workers did not start"
    )
    if (child.exitCode !== null) {
      return yield* Effect.fail(new Error(`the dispatcher ended with ${child.exitCode}`))
    }
    return {
      pid,
      workers: () => workersOf(pid),
      kill: (target) => isAlive(target) && process.kill(target, "SIGKILL"),
      gone: (pids) => until(() => !pids.some(isAlive), `processes ${pids.join(", ")} did not end`)
    } satisfies DispatcherProcess
  })
