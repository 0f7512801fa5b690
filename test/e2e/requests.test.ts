import { afterAll, assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

describe("rappel run -", () => {
  const cwd = Processes.project({
    "src/greeting.ts": files.greeting,
    "src/mistakes.ts": files.mistakes
  })

  const answers = async (requests: ReadonlyArray<unknown>, ...args: ReadonlyArray<string>) => {
    const input = requests
      .map((request) => typeof request === "string" ? request : JSON.stringify(request))
      .join("\n")
    const ended = await Processes.rappel(["run", "-", ...args], { cwd, input })
    return { ...ended, lines: ended.stdout.trimEnd().split("\n").map((line) => JSON.parse(line)) }
  }

  it("every line gets its answer, in order, whatever is wrong with it", async () => {
    const { code, lines, stderr } = await answers(
      [
        { file: "src/greeting.ts", export: "greeting", input: ["u1"] },
        "not json",
        [],
        { file: "src/greeting.ts", export: "greeting", input: "u1" },
        { file: "src/absent.ts", export: "greeting", input: [] },
        { file: "src/greeting.ts", export: "absent", input: [] },
        { file: "src/mistakes.ts", export: "evaluates", input: [] },
        { file: join(cwd, "src/greeting.ts"), export: "greeting", input: ["u0"] },
        { file: "src/greeting.ts", export: "nothing" }
      ],
      "--memory",
      "--inline"
    )

    assert.strictEqual(code, 0, stderr)
    assert.deepStrictEqual(
      lines.map(({ error, status }) => error?.name ?? status),
      [
        "completed",
        "BadRequest",
        "BadRequest",
        "BadRequest",
        "NotFound",
        "NotFound",
        "CompileFailed",
        "UnknownUser",
        "completed"
      ]
    )
    assert.isNull(lines[1].id)
    assert.isString(lines[7].id)
    assert.strictEqual(lines[6].error.findings[0].severity, "error")
    assert.strictEqual(lines[0].result.text, "Hello Ada")
    assert.notProperty(lines[8], "result")
  }, 60_000)

  it("many requests run at the same time on worker processes", async () => {
    const requests = Array.from({ length: 200 }, () => ({
      file: "src/greeting.ts",
      export: "greeting",
      input: ["u1"]
    }))
    const { code, lines, stderr } = await answers(requests)

    assert.strictEqual(code, 0, stderr)
    assert.lengthOf(lines, 200)
    assert.lengthOf(new Set(lines.map(({ id }) => id)), 200)
    assert.isTrue(lines.every(({ status }) => status === "completed"))
  }, 60_000)

  it("files outside of every project share their workers", async () => {
    const loose = Processes.project({
      "package.json": "{}",
      "one.ts": files.greeting,
      "two/two.ts": files.greeting
    })
    const { lines } = await answers([
      { file: join(loose, "one.ts"), export: "greeting", input: ["u1"] },
      { file: join(loose, "two/two.ts"), export: "greeting", input: ["u1"] }
    ], "--memory")

    assert.deepStrictEqual(lines.map(({ status }) => status), ["completed", "completed"])
  }, 60_000)

  it("no requests, no answers; a missing database is told once", async () => {
    const none = await Processes.rappel(["run", "-", "--memory", "--inline"], { cwd })
    assert.deepStrictEqual([none.code, none.stdout], [0, ""])

    const { code, stderr, stdout } = await Processes.rappel(["run", "-"], {
      cwd,
      env: { DATABASE_URL: "postgresql://user@127.0.0.1:1/nowhere" },
      input: `{"file":"src/greeting.ts","export":"nothing"}\n`
    })
    assert.deepStrictEqual([code, stdout], [3, ""], stderr)
  }, 60_000)
})
