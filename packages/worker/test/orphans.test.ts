import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { eventually, isAlive, projectRoot } from "./Pool.ts"

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Two processes start from their sources, one after the other, on whatever machine this is. */
const STARTS = 60_000

/** A process with one worker that executes one action. */
const parent = (...options: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [fileOf("fixtures/run.mjs"), "parent.ts", projectRoot, ...options], {
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const workerOf = (child: ChildProcess) =>
  Effect.promise(async () => {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.startsWith("{")) return (JSON.parse(line) as { pids: [number] }).pids[0]
    }
    throw new Error("the parent ended before it had a worker")
  })

describe("rappel-worker", () => {
  for (const action of ["spin", "wait"]) {
    it.scopedLive(`dies with its parent while \`${action}\` runs`, () =>
      Effect.gen(function*() {
        const child = yield* parent(action)
        const pid = yield* workerOf(child)
        assert.isTrue(isAlive(pid))

        child.kill("SIGKILL")
        yield* Effect.promise(() => once(child, "exit"))

        yield* eventually(() => !isAlive(pid))
      }), STARTS)
  }

  for (const [option, expected] of [["inherit", "stdout"], ["stderr", "stderr"]] as const) {
    it.scopedLive(
      `writes what an action prints to ${expected}, where stdout is "${option}"`,
      () =>
        Effect.gen(function*() {
          const child = yield* parent("print", option, "printed by an action")
          const seen = { stdout: "", stderr: "" }
          child.stdout!.on("data", (chunk: Buffer) => seen.stdout += String(chunk))
          child.stderr!.on("data", (chunk: Buffer) => seen.stderr += String(chunk))

          yield* eventually(() =>
            seen.stdout.includes("pids") && /printed by/.test(seen.stdout + seen.stderr)
          )

          assert.deepStrictEqual(
            Object.entries(seen).filter(([, text]) => text.includes("printed by an action"))
              .map(([name]) => name),
            [expected]
          )
        }),
      STARTS
    )
  }

  it("says what it is when somebody starts it by hand", () => {
    const start = (...args: ReadonlyArray<string>) =>
      spawnSync(process.execPath, [fileOf("../bin/rappel-worker.mjs"), ...args], {
        encoding: "utf8"
      })

    const alone = start()
    assert.strictEqual(alone.status, 2)
    assert.include(alone.stderr, "rappel start-workers")
    assert.strictEqual(start("--help").status, 0)
    assert.match(start("--version").stdout, /^\d+\.\d+\.\d+\n$/)
  })
})
