import { afterAll, assert, describe, it } from "@effect/vitest"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

describe("rappel check", () => {
  const cwd = Processes.project({
    "src/greeting.ts": files.greeting,
    "src/mistakes.ts": files.mistakes
  })

  it("prints every finding with its frame, and ends with 1", async () => {
    const { code, stderr, stdout } = await Processes.rappel(["check", "src/mistakes.ts"], { cwd })

    assert.strictEqual(code, 1, stderr)
    assert.lengthOf(stdout.match(/^error\[/gm) ?? [], 5)
    assert.match(stdout, /at src\/mistakes\.ts:8:\d+/)
    assert.match(stdout, /\^/)
    assert.include(stdout, "5 of 6 workflows not accepted")
  })

  it("--json is one document with a line per workflow", async () => {
    const { code, stdout } = await Processes.rappel(["check", "src/mistakes.ts", "--json"], { cwd })

    assert.strictEqual(code, 1)
    assert.lengthOf(stdout.trimEnd().split("\n"), 1)
    const { workflows } = JSON.parse(stdout)
    assert.deepStrictEqual(
      workflows.map((
        workflow: { name: string; accepted: boolean }
      ) => [workflow.name, workflow.accepted]),
      [
        ["readsFile", false],
        ["readsEnvironment", false],
        ["callsHidden", false],
        ["evaluates", false],
        ["unknown", false],
        ["fine", true]
      ]
    )
    assert.deepStrictEqual(Object.keys(workflows[0]), [
      "name",
      "file",
      "export",
      "accepted",
      "findings"
    ])
    const [finding] = workflows[0].findings
    assert.deepStrictEqual(Object.keys(finding), ["code", "severity", "message", "line", "column"])
    assert.strictEqual(finding.line, 7)
  })

  it("what is accepted ends with 0, by path, folder or pattern", async () => {
    for (const named of [["src/greeting.ts"], ["src/gr*.ts"], ["src/**/{greeting,other}.ts"]]) {
      const { code, stdout } = await Processes.rappel(["check", ...named], { cwd })
      assert.strictEqual(code, 0, named[0])
      assert.include(stdout, "3 workflows accepted: greeting, nothing, whereabouts")
    }
    assert.strictEqual((await Processes.rappel(["check"], { cwd })).code, 1)
  }, 60_000)

  it("a path that does not exist ends with 2 and says where it looked", async () => {
    const { code, stderr, stdout } = await Processes.rappel(["check", "src/absent.ts"], { cwd })

    assert.strictEqual(code, 2)
    assert.strictEqual(stdout, "")
    assert.include(stderr, `There is no file ${cwd}/src/absent.ts`)
    assert.notMatch(stderr, /\n\s+at /)
  })

  it("--watch checks again what a change concerns, and files that are new", async () => {
    const cwd = Processes.project({
      "src/lib.ts": "export const n = 1",
      "src/one.ts": files.workflowOf("./lib", "n", "one"),
      "src/two.ts": files.workflowOf("./lib", "2 + n", "two")
    })
    const checking = Processes.start([Processes.RAPPEL, "check", "src", "--watch"], { cwd })
    try {
      await checking.writes(/Watching for changes/)
      assert.include(checking.output(), "2 workflows accepted: one, two")

      writeFileSync(join(cwd, "src/one.ts"), files.workflowOf("./lib", "missing", "one"))
      await checking.writes(/Checked 1 of 3 files in \d+ ms/)
      assert.include(checking.output(), "1 of 2 workflows not accepted: one")

      writeFileSync(join(cwd, "src/three.ts"), files.workflowOf("./lib", "n", "three"))
      await checking.writes(/1 of 3 workflows not accepted: one/)
    } finally {
      checking.child.kill("SIGINT")
    }
    assert.isBelow((await checking.ended).millis, 60_000)
  }, 60_000)
})
