/**
 * `npm run test262 -- [--filter text] [--snapshots] [--jobs n] [--json]`: how much of Test262
 * compiled workflows pass, read from the checkout that TEST262_DIR names.
 *
 * Exits with 1 when a test fails that is not on the list of expected failures, or passes
 * although it is.
 */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { askAll } from "./askAll.ts"
import { expectedFailures, surprisesOf } from "./expected.ts"
import { Report } from "./Report.ts"

const { values: options } = parseArgs({
  options: {
    filter: { type: "string", default: "" },
    folder: { type: "string", default: "language" },
    snapshots: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false }
  }
})

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".js") && !path.includes("_FIXTURE"))
    .sort()

const write = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const root = process.env["TEST262_DIR"]
if (root === undefined || !existsSync(join(root, "harness/assert.js"))) {
  process.stderr.write(
    "TEST262_DIR names no checkout of tc39/test262.\n" +
      "Clone https://github.com/tc39/test262 and set TEST262_DIR to its folder.\n"
  )
  process.exit(2)
}

const paths = options.folder.split(",").flatMap((folder) =>
  filesIn(join(root, "test", folder)).map((path) => `${folder}/${path}`)
).filter((path) => path.includes(options.filter))
const expected = expectedFailures()
const report = new Report(expected)
await askAll(paths, {
  root,
  jobs: Math.max(1, Number(options.jobs)),
  snapshots: options.snapshots,
  onAnswer: (answer) => {
    report.add(answer, surprisesOf(answer, expected))
    if (options.json) write(JSON.stringify(answer))
  }
})
if (!options.json) write(report.text())
process.exitCode = report.isSurprising ? 1 : 0
