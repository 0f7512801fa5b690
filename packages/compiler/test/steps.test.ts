/**
 * Implicit steps: the same code runs plainly under Node, and compiled with its steps executed
 * from what the program says about them.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import { fromReader } from "../src/1-parse/SourceFiles.ts"
import { compileFile, type Diagnostic } from "../src/index.ts"
import { runInMachine } from "./machineRun.ts"
import { load } from "./plainRun.ts"

const HEAD = `
import { action, sleep, workflow, Workflow } from "@rappel/core"
import dayjs from "dayjs"
import { z } from "zod"
import ms from "ms"
import * as path from "node:path"
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import * as files from "node:fs/promises"
export const double = action(async (n: number) => n * 2)
`

const compile = (source: string, isStrict = false) => {
  const file = "/p/w.ts"
  const readFile = (path: string) => (path === file ? HEAD + source : undefined)
  const compiled = compileFile({ file, readFile, strict: isStrict })
  return { compiled, workflow: compiled.workflows[0]!, files: fromReader(readFile), file }
}

const outcomeOf = async (run: () => unknown): Promise<string> => {
  try {
    return inspect(await run(), { depth: 9 })
  } catch (error) {
    return `error ${String(error)}`
  }
}

const errorsOf = (findings: ReadonlyArray<Diagnostic>): ReadonlyArray<string> =>
  findings.filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code}: ${message}`)

/** Bodies of workflows with the number of steps that each has. */
const same: ReadonlyArray<readonly [name: string, steps: number, source: string]> = [
  [
    "a chain of calls",
    1,
    `
    export const w = workflow(async () => {
      const at = new Date(Date.UTC(2026, 0, 31))
      return dayjs(at).add(1, "month").toISOString()
    })`
  ],
  [
    "types inside of the code",
    1,
    `
    export const w = workflow(async () =>
      (dayjs("2026-01-31T00:00:00Z" as string)!.add(<number> 1, "month") satisfies unknown as any).toISOString())`
  ],
  [
    "a schema of the module, with what it uses",
    2,
    `
    const MAX = 3
    const clean = (text: string): string => text.trim()
    function shout(text: string) { return text + "!" }
    const name = z.string().max(MAX).transform(clean).transform(shout)
    const user = z.object({ name, tags: z.array(z.string()).default([]) })
    export const w = workflow(async () => {
      const found: Array<unknown> = []
      found.push(user.parse({ name: "Ada" }))
      try {
        user.parse({ name: "Grace" })
      } catch (error: any) {
        found.push(error.name, error.issues.map((each: any) => each.code))
      }
      return found
    })`
  ],
  [
    "awaits of Node's own functions",
    1,
    `
    export const w = workflow(async () => {
      const text = await readFile(path.join("/proc", "version"), "utf8")
      return text.slice(0, 5)
    })`
  ],
  [
    "members of the awaited",
    1,
    `
    export const w = workflow(async () => (await readFile("/proc/version", "utf8")).slice(0, 5).split(""))`
  ],
  [
    "operands that the workflow evaluates",
    1,
    `
    export const w = workflow(async () => {
      const n = { value: 3 }
      const next = () => ++n.value
      return [ms(next() * (await double(500))), n]
    })`
  ],
  [
    "a failure, with its message",
    1,
    `
    export const w = workflow(async () => {
      try { return await readFile("/nowhere/at/all", "utf8") }
      catch (error: any) { return [error.code, error.message, error instanceof Error] }
    })`
  ],
  [
    "promises that are passed on",
    4,
    `
    const read = async (file: string) => readFile(file, "utf8")
    export const w = workflow(async () => {
      const [a, b] = await Promise.all([readFile("/proc/version", "utf8"), readFile("/proc/uptime", "utf8")])
      void ms("1s")
      return [a === (await read("/proc/version")), b.includes(".")]
    })`
  ],
  [
    "`this` and variables of closures",
    2,
    `
    export class w extends Workflow {
      readonly unit = "day"
      async run() {
        const add = 2
        const later = async (days: number) => dayjs("2026-01-01T00:00:00Z").add(days + add, this.unit as any).toISOString()
        return [await later(1), dayjs("2026-02-30T00:00:00Z").isValid()]
      }
    }`
  ],
  [
    "a callback that uses values",
    1,
    `
    export const w = workflow(async () => {
      const limit = 2
      return z.array(z.number()).transform((all) => all.filter((n) => n > limit)).parse([1, 2, 3])
    })`
  ],
  [
    "a chain that ends where the workflow's own code begins",
    1,
    `
    export const w = workflow(async () => {
      const seen: Array<string> = []
      ;(await readFile("/proc/version", "utf8")).slice(0, 5).split("").forEach((c) => seen.push(c))
      return seen
    })`
  ],
  [
    "loops, templates and conditions",
    2,
    `
    export const w = workflow(async () => {
      const all: Array<string> = []
      for (const size of [1000, 60000]) all.push(\`<\${ms(size)}>\`)
      return ms("1h") > 5 ? all : []
    })`
  ],
  [
    "a hash",
    1,
    `
    export const w = workflow(async () => createHash("sha256").update("x").digest("hex"))`
  ],
  [
    "bytes, dates and maps that travel",
    1,
    `
    export const w = workflow(async () => {
      const at = new Map([["at", new Date(5)]])
      return z.map(z.string(), z.date()).parse(at)
    })`
  ],
  [
    "a constant of a package",
    1,
    `
    export const w = workflow(async () => ["a", "b"].join(path.sep))`
  ]
]

describe("an implicit step", () => {
  for (const [name, steps, source] of same) {
    it(`gives what Node gives: ${name}`, async () => {
      const { compiled, file, files, workflow } = compile(source)
      assert.deepStrictEqual(errorsOf([...compiled.findings, ...workflow.findings]), [])
      const program = workflow.program!
      const plain = load(files, file)
      const entry = plain["w"] as any

      const expected = await outcomeOf(() =>
        String(entry).startsWith("class") ? new entry().run() : entry()
      )

      const isError = (text: string) => text.startsWith("error ") ? "error" : text
      const actual = await outcomeOf(() => runInMachine(program, plain, false))
      assert.strictEqual(isError(actual), isError(expected))
      assert.strictEqual(
        isError(await outcomeOf(() => runInMachine(program, plain, true))),
        isError(expected)
      )
      assert.strictEqual(
        program.program.actions.filter((each) => each.step !== undefined).length,
        steps
      )
      assert.deepStrictEqual(
        workflow.findings.map(({ code, severity }) => `${severity} ${code}`),
        Array.from({ length: workflow.findings.length }, () => "info implicit-step")
      )
      const strict = compile(source, true).workflow
      assert.isUndefined(strict.program)
      assert.isTrue(strict.findings.every(({ severity }) => severity === "error"))
    })
  }
})

/** What cannot be a step, with its finding. */
const refused: ReadonlyArray<readonly [name: string, finding: RegExp, source: string]> = [
  [
    "a sync function",
    /^step-in-sync-code: `ms\(n\)`/,
    `
    const text = (n: number) => ms(n)
    export const w = workflow(async () => text(1))`
  ],
  [
    "a callback",
    /^step-in-sync-code/,
    `
    export const w = workflow(async () => [1].map((n) => ms(n)))`
  ],
  [
    "a value in an object of the module",
    /^step-in-sync-code/,
    `
    const schemas = { name: z.string() }
    export const w = workflow(async () => schemas.name.parse("x"))`
  ],
  [
    "an action in a callback",
    /calls the action `double`/,
    `
    export const w = workflow(async () => z.number().transform(async (n) => await double(n)).parse(1))`
  ],
  [
    "a variable that is changed",
    /changes `n`/,
    `
    export const w = workflow(async () => { let n = 0; z.number().transform(() => { n++; return n }).parse(1); return n })`
  ],
  [
    "an object that is changed",
    /changes `all`/,
    `
    export const w = workflow(async () => { const all: any[] = []; z.number().transform((n) => { all.push(n) }).parse(1); return all })`
  ],
  [
    "a later operand with effects",
    /step-not-closed: .*evaluates an argument/,
    `
    let n = 0
    export const w = workflow(async () => dayjs(0).add(n++, "day").toISOString())`
  ],
  [
    "an instance",
    /^npm-call: `z.ZodError`|^npm-call: `z`/,
    `
    export const w = workflow(async () => { const e = new z.ZodError([]); return e.issues })`
      .replace("; return e.issues", "")
  ],
  [
    "a function as a value",
    /^npm-call: `ms`/,
    `
    export const w = workflow(async () => [1].map(ms))`
  ],
  [
    "a base class",
    /^npm-call/,
    `
    class Mine extends z.ZodError {}
    export const w = workflow(async () => new Mine([]))`
  ],
  [
    "`instanceof`",
    /^npm-call/,
    `
    export const w = workflow(async (e: unknown) => e instanceof z.ZodError)`
  ],
  [
    "state of a package",
    /^npm-call/,
    `
    export const w = workflow(async () => { path.sep = "x" })`.replace(
      "path.sep",
      "(path as any).sep"
    )
  ],
  [
    "a constant of the module by itself",
    /^npm-call: `WEEK`/,
    `
    const WEEK = ms("1w")
    export const w = workflow(async () => WEEK)`
  ],
  [
    "a function of the workflow",
    /uses `twice`/,
    `
    export const w = workflow(async () => { function twice(n: number) { return 2 * n } return z.number().transform(twice).parse(1) })`
  ],
  [
    "a class",
    /uses `Own`/,
    `
    class Own {}
    export const w = workflow(async () => z.any().transform(() => new Own()).parse(1))`
  ]
]

describe("what cannot be an implicit step is an error", () => {
  for (const [name, finding, source] of refused) {
    it(name, () => {
      const { workflow } = compile(source)

      const errors = errorsOf(workflow.findings)

      assert.isUndefined(workflow.program)
      assert.strictEqual(errors.length, 1, errors.join("\n"))
      assert.match(errors[0]!, finding)
    })
  }
})

describe("a running step refuses", () => {
  const failureOf = async (source: string): Promise<string> => {
    const { workflow } = compile(source)
    assert.deepStrictEqual(errorsOf(workflow.findings), [])
    return await outcomeOf(() => runInMachine(workflow.program!, {}, false))
  }

  it("to change an object of the workflow, which is a copy", async () => {
    const failure = await failureOf(`
      export const w = workflow(async () => {
        const user = { name: " Ada " }
        z.any().transform((given) => { given.name = given.name.trim(); return 1 }).parse(user)
        return user
      })`)

    assert.match(failure, /StepChangedArgument: `z\.any.*changes an object of the workflow/)
  })

  it("to give a promise that the workflow would hold", async () => {
    const failure = await failureOf(`
      export const w = workflow(async () => {
        const later = readFile("/proc/version", "utf8")
        return typeof later
      })`)

    assert.match(
      failure,
      /StepGavePromise: `readFile\("\/proc\/version", "utf8"\)` gives a promise/
    )
  })

  it("to give a promise after it has waited for another", async () => {
    const failure = await failureOf(`
      export const w = workflow(async () => {
        const later = (await files.open("/proc/version")).readFile("utf8")
        return typeof later
      })`)

    assert.match(failure, /StepGavePromise/)
  })

  it("to give what cannot be stored, and says what to do", async () => {
    const failure = await failureOf(`
      export const w = workflow(async () => {
        const day = dayjs(0)
        return 1
      })`)

    assert.match(
      failure,
      /StepResultNotStorable: `dayjs\(0\)` gives .* is a M, .*use it in the same/
    )
  })
})
