import { type CompiledWorkflow, compileFile, render } from "@rappel/compiler"
import { load } from "@rappel/core/machine/Machine"
import { decodeValue, encodeValue } from "@rappel/core/value/Value"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CaseModules } from "./CaseModules.ts"
import { type Case, cases, type Run } from "./cases.ts"
import { endDifference, type Ended, ended, failureOf } from "./Ended.ts"
import { runInMachine } from "./runInMachine.ts"
import { runPlain } from "./runPlain.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")
const FOLDER = "parity"

let scratch = ""
beforeAll(() => {
  scratch = mkdtempSync(`${tmpdir()}/rappel-parity-`)
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  report()
})

const modules = new CaseModules(ROOT)

/** The workflows of a file by export; compiled once. */
const compiled = new Map<string, ReadonlyMap<string, CompiledWorkflow>>()
const workflowOf = ({ export: name, file }: Case): CompiledWorkflow | undefined => {
  let workflows = compiled.get(file)
  if (workflows === undefined) {
    const result = compileFile({
      file: `${ROOT}/${FOLDER}/${file}`,
      projectRoot: ROOT,
      strict: true
    })
    workflows = new Map(result.workflows.map((workflow) => [workflow.export, workflow]))
    compiled.set(file, workflows)
  }
  return workflows.get(name)
}

let paths = 0
const argumentsOf = (
  { input }: Run
): { readonly args: ReadonlyArray<unknown>; readonly counter: string } => {
  const counter = `${scratch}/${paths++}/count`
  const args = typeof input === "function" ? input(counter) : input
  // Each run gets arguments of its own, as an instance does.
  return { args: decodeValue(encodeValue(args)) as ReadonlyArray<unknown>, counter }
}

const executionsAt = (counter: string, name: string): number =>
  readFileSync(name === "" ? counter : `${counter}-${name}`, "utf8").length

const check = (run: Run, end: Ended, counter: string, where: string): void => {
  expect(failureOf(end), `${where}: ${end.ok ? "" : String(end.error)}`).toBe(run.fails)
  for (const [name, count] of Object.entries(run.executions ?? {})) {
    expect(executionsAt(counter, name), `${where}: executions of "${name}"`).toBe(count)
  }
}

const accepted = new Set<string>()
const equal = new Set<string>()

describe.concurrent("a workflow gives what its function gives", () => {
  it.each(cases.map((one) => [one.export, one] as const))("%s", async (name, one) => {
    const workflow = workflowOf(one)
    const findings = workflow?.findings.filter(({ severity }) => severity === "error") ?? []
    expect(findings.map(render).join("\n\n")).toBe("")
    const file = workflow?.program
    if (file === undefined) throw new Error(`${one.file} has no program ${name}`)
    accepted.add(name)

    const { program } = file
    for (const { file } of [...program.modules, ...program.actions]) await modules.load(file)
    const exported = (await modules.load(`${FOLDER}/${one.file}`))[name]
    const machine = load(file)
    for (const run of one.runs) {
      const oracle = argumentsOf(run)
      const plain = await ended(() => runPlain(exported, oracle.args))
      check(run, plain, oracle.counter, "plain")
      for (const snapshots of [false, true]) {
        const where = snapshots ? "machine with snapshots" : "machine"
        const { args, counter } = argumentsOf(run)
        const asked: Array<string> = []
        const durable = await ended(() =>
          runInMachine({
            machine,
            program,
            modules,
            args,
            snapshots,
            onCall: (action) => asked.push(action)
          })
        )
        check(run, durable, counter, where)
        expect(endDifference(plain, durable), where).toBeUndefined()
        if (run.calls !== undefined) expect(asked, `${where}: calls`).toHaveLength(run.calls)
      }
    }
    equal.add(name)
  })
})

it("the list is complete: L-01 to L-71, M1 to M20, 13 end-to-end cases, 40 of projects", () => {
  const ids = new Set(cases.map(({ id }) => id))
  for (let n = 1; n <= 71; n++) expect(ids).toContain(`L-${String(n).padStart(2, "0")}`)
  for (let n = 1; n <= 20; n++) expect(ids).toContain(`M${n}`)
  expect(cases.filter(({ id }) => id === "e2e")).toHaveLength(13)
  expect(cases.filter(({ id }) => id === "real")).toHaveLength(40)
  const names = cases.map((one) => one.export)
  expect(new Set(names).size).toBe(names.length)
})

/** One line per case, then the sums by kind of id. */
const report = (): void => {
  const mark = (set: ReadonlySet<string>, name: string) => set.has(name) ? "yes" : "NO"
  const lines = cases.map(({ export: name, id }) =>
    `${id.padEnd(6)}${name.padEnd(44)}${mark(accepted, name).padEnd(10)}${mark(equal, name)}`
  )
  const sum = (kind: string, test: (id: string) => boolean) => {
    const of = cases.filter(({ id }) => test(id))
    const count = (set: ReadonlySet<string>) => of.filter((one) => set.has(one.export)).length
    return `${kind}: ${count(accepted)} accepted and ${count(equal)} equal of ${of.length}`
  }
  process.stdout.write([
    `${"id".padEnd(6)}${"case".padEnd(44)}${"accepted".padEnd(10)}equal`,
    ...lines,
    sum("L-01 to L-71", (id) => id.startsWith("L")),
    sum("M1 to M20", (id) => id.startsWith("M")),
    sum("end to end", (id) => id === "e2e"),
    sum("example app", (id) => id === "app"),
    sum("of projects", (id) => id === "real"),
    ""
  ].join("\n"))
}
