/**
 * Asks many tests in a few processes, and ends a process that does not answer.
 */
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import type { Answer, Ask } from "./ask.ts"

export interface AskAllOptions {
  readonly root: string
  readonly jobs: number
  readonly snapshots: boolean
  readonly onAnswer: (answer: Answer) => void
}

type Message =
  | { readonly begins: string }
  | { readonly answer: Answer }
  | { readonly wants: true }

const BATCH = 100

/** A test takes milliseconds; a program of ten that name all of Unicode takes a minute. */
const SILENCE_MILLIS = 240_000

const SOURCES = join(import.meta.dirname, "../../scripts/with-sources.mjs")
const CHILD = join(import.meta.dirname, "child.ts")

export const askAll = async (
  paths: ReadonlyArray<string>,
  options: AskAllOptions
): Promise<void> => {
  const rest = Array.from(paths)
  await Promise.all(Array.from({ length: options.jobs }, async () => {
    while (rest.length > 0) await serve(rest, options)
  }))
}

/** One process, until nothing is left or it is ended; a test that it broke on has failed. */
const serve = (rest: Array<string>, options: AskAllOptions): Promise<void> =>
  new Promise((resolve) => {
    const child = start(options)
    let open: Array<string> = []
    let current: string | undefined
    let why = "the process ended"
    const silence = setTimeout(() => {
      why = `no answer for ${SILENCE_MILLIS / 1000} s`
      child.kill("SIGKILL")
    }, SILENCE_MILLIS)
    child.on("message", (message: Message) => {
      silence.refresh()
      if ("begins" in message) current = message.begins
      else if ("answer" in message) {
        if (current === message.answer.path) current = undefined
        open = open.filter((path) => path !== message.answer.path)
        options.onAnswer(message.answer)
      } else {
        open = rest.splice(0, BATCH)
        if (open.length === 0) child.kill()
        else child.send(open.map((path): Ask => ({ path, snapshots: options.snapshots })))
      }
    })
    child.on("close", () => {
      clearTimeout(silence)
      if (current !== undefined) options.onAnswer(broken(current, why, options))
      rest.push(...open.filter((path) => path !== current))
      resolve()
    })
  })

const start = ({ root }: AskAllOptions): ChildProcess =>
  fork(SOURCES, [CHILD], {
    env: { ...process.env, TEST262_DIR: root },
    // The stack of the machine's limits test: Node's default.
    execArgv: ["--unhandled-rejections=warn", "--no-warnings"]
  })

const broken = (path: string, why: string, { snapshots }: AskAllOptions): Answer => {
  const failed = { failed: "broken", message: why }
  return { path, group: "sync", plain: failed, ...(snapshots ? { snapshots: failed } : {}) }
}
