/**
 * Real processes for tests: the commands as users run them, in projects of their own.
 *
 * Everything that is started or made here ends with `cleanUp`, which each test file calls
 * when it is done.
 *
 * @since 0.1.0
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The plain-JavaScript entry of a package's command. */
const binOf = (path: string): string =>
  fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

export const RAPPEL = binOf("cli/bin/rappel.mjs")

/** For `--import`: what an app's process loads first, so that it runs from its sources. */
export const START = binOf("worker/bin/start.mjs")

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly millis: number
}

export interface ProcessOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What it reads from stdin; nothing unless given. */
  readonly input?: string
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly ended: Promise<Ended>
  /** All that it has written so far. */
  readonly output: () => string
  /** Resolves when it has written what matches; rejects when it ends before. */
  readonly writes: (pattern: RegExp) => Promise<RegExpExecArray>
}

const running = new Set<ChildProcess>()
const folders = new Set<string>()

/** The environment of the tests, without settings that would reach into them. */
const environment = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const cleared: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(?:DATABASE_URL|RAPPEL_|CARABINER_|PG|NODE_OPTIONS|NODE_ENV|VITEST)/.test(name)) {
      cleared[name] = value
    }
  }
  return { ...cleared, ...more }
}

/** Starts `node` with a script and its arguments. */
export const start = (args: ReadonlyArray<string>, options: ProcessOptions): Running => {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: environment(options.env ?? {}),
    stdio: "pipe"
  })
  running.add(child)
  let stdout = ""
  let stderr = ""
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk
    changed()
  })
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk
    changed()
  })
  child.stdin.on("error", () => {})
  child.stdin.end(options.input ?? "")
  let hasEnded = false
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => {
      running.delete(child)
      hasEnded = true
      resolve({ code, signal, stdout, stderr, millis: performance.now() - startedAt })
      changed()
    })
  })
  const output = () => stdout + stderr
  return {
    child,
    pid: child.pid!,
    ended,
    output,
    writes: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output())
          if (match !== null) resolve(match)
          else if (hasEnded) reject(new Error(`It ended without writing ${pattern}:\n${output()}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      })
  }
}

/** Runs `node` with a script to its end. */
export const run = (args: ReadonlyArray<string>, options: ProcessOptions): Promise<Ended> =>
  start(args, options).ended

/** Runs the `rappel` command to its end. */
export const rappel = (args: ReadonlyArray<string>, options: ProcessOptions): Promise<Ended> =>
  run([RAPPEL, ...args], options)

/** A project of its own in a temporary folder: paths and texts of its files. */
export const project = (files: Readonly<Record<string, string>>): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "rappel-project-")))
  folders.add(folder)
  const all: Readonly<Record<string, string>> = {
    "package.json": JSON.stringify({ name: "project", type: "module" }),
    ...files
  }
  for (const [path, text] of Object.entries(all)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return folder
}

/** Whether a process is there. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Ends what is left, by process id, and removes the projects. */
export const cleanUp = async (): Promise<void> => {
  const left = Array.from(running)
  for (const child of left) child.kill("SIGTERM")
  await Promise.all(left.map((child) =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve()
      const kill = setTimeout(() => child.kill("SIGKILL"), 8_000)
      child.on("close", () => {
        clearTimeout(kill)
        resolve()
      })
    })
  ))
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  folders.clear()
}
