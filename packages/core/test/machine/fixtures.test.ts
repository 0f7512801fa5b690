/**
 * Bodies of workflows that must do in the machine what they do under Node, whole and with
 * a snapshot and a restore between any two steps.
 */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { runEverywhere } from "../../../../test/kit/oracle.ts"

const FOLDER = join(import.meta.dirname, "fixtures")

const PRELUDE = `
import { action, runAction, sleep, Workflow, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const add = action(async (a: number, b: number): Promise<any> => a + b)
export const fail = action(async (message: string): Promise<any> => { throw new Error(message) })
export const inner = workflow(async (x: number) => { const y = await echo(x); return y + 1 })
export const sync: any = workflow((x: any) => x)
export class Declined extends Error {
  code: number
  constructor(code: number) { super("declined with " + code); this.name = "Declined"; this.code = code }
  hint() { return "try another card than " + this.code }
}
export const declined = action(async (code: number): Promise<any> => { throw new Declined(code) })
export const misbehave = action(async (how: string): Promise<any> => {
  class Unknown extends RangeError { code = 9 }
  if (how === "type") throw new TypeError("wrong")
  if (how === "plain") throw { a: [1, new Date(0)] }
  if (how === "string") throw "text"
  if (how === "undefined") throw undefined
  if (how === "named") throw Object.assign(new Error("n"), { name: "Named" })
  if (how === "fields") throw new Unknown("fields")
  if (how === "aggregate") throw new AggregateError([new Error("one"), 2], "agg")
  throw new Error("outer", { cause: new TypeError("inner") })
})
`

const casesOf = (file: string): ReadonlyArray<readonly [name: string, body: string]> =>
  readFileSync(join(FOLDER, file), "utf8").split(/^\/\/ === /m).slice(1).map((part) => {
    const at = part.indexOf("\n")
    return [part.slice(0, at), part.slice(at + 1)] as const
  })

/** Declarations of types only stand outside of functions. */
const sourceOf = (body: string): string => {
  const declares = body.match(/^declare .*$/gm) ?? []
  const rest = body.replace(/^declare .*$/gm, "")
  return `${PRELUDE}${
    declares.join("\n")
  }\nexport const main = workflow(async () => {\n${rest}\n})\n`
}

for (const file of readdirSync(FOLDER)) {
  describe(file.replace(/\.ts$/, ""), () => {
    for (const [name, body] of casesOf(file)) {
      it(name, async () => {
        const { machine, plain, restored } = await runEverywhere(sourceOf(body))

        const shown = (run: typeof plain) => ({
          outcome: run.outcome,
          logs: run.logs,
          calls: run.calls
        })
        assert.deepStrictEqual(shown(machine), shown(plain))
        assert.deepStrictEqual(shown(restored), shown(plain))
      })
    }
  })
}
