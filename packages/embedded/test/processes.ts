/**
 * Starters in processes of their own, and questions about processes.
 */
import type * as Embedded from "@rappel/embedded/Embedded"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { onTestFinished } from "vitest"

const repository = resolve(import.meta.dirname, "../../..")

export type Answer = Omit<Embedded.Database, "stop" | "pid"> & {
  readonly pid: number
  readonly error?: string
}

export interface Starter {
  readonly process: ChildProcess
  /** The next line that it prints. */
  readonly answer: () => Promise<Answer>
  readonly say: (line: string) => void
  readonly kill: () => Promise<void>
}

/** A starter process; as another account when `uid` is given. It is killed with the test. */
export const starter = (options: Embedded.Options, uid?: number): Starter => {
  const child = spawn(
    process.execPath,
    [
      "--conditions=@rappel/source",
      "--import",
      "tsx",
      join(import.meta.dirname, "starter.ts"),
      JSON.stringify(options)
    ],
    {
      cwd: repository,
      stdio: ["pipe", "pipe", "inherit"],
      env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
      ...(uid === undefined ? {} : { uid, gid: uid })
    }
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    await exited
  }
  onTestFinished(kill)
  return {
    process: child,
    answer: async () => JSON.parse((await lines.next()).value ?? "{}"),
    say: (line) => child.stdin.write(`${line}\n`),
    kill
  }
}

/** A new folder that goes with the test, as does the server on a cluster in it. */
export const projectFolder = (owner?: number): string => {
  const folder = mkdtempSync(join(tmpdir(), "project-"))
  chmodSync(folder, 0o755)
  if (owner !== undefined) chownSync(folder, owner, owner)
  onTestFinished(async () => {
    await endServerOf(join(folder, ".rappel/postgres"))
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Ends the server on `data`, if one runs. */
export const endServerOf = async (data: string): Promise<void> => {
  try {
    const [pid, , , , socketDirectory] = readFileSync(join(data, "postmaster.pid"), "utf8").split(
      "\n"
    )
    process.kill(Number(pid), "SIGQUIT")
    await eventually(() => !isRunning(Number(pid)))
    rmSync(socketDirectory!, { recursive: true, force: true })
  } catch {
    // None runs.
  }
}

/** Not a zombie either: nobody reaps the children of a killed parent in some containers. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return process.platform !== "linux" ||
      !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

export const eventually = async (isTrue: () => boolean, millis = 10_000): Promise<void> => {
  const deadline = Date.now() + millis
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`it did not come true: ${isTrue}`)
    await sleep(20)
  }
}

/** Runs one statement and answers its first column. */
export const ask = async (url: string, statement: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query({ text: statement, rowMode: "array" })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}
