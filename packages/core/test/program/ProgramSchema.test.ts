import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { compileSource } from "../../../../test/kit/oracle.ts"
import { readProgram } from "../../src/program/ProgramSchema.ts"

const program = () => {
  const { program } = compileSource(
    `
import { action, workflow } from "@rappel/core"
export const echo = action(async (x: any): Promise<any> => x)
function* numbers(from = 1) { yield from; yield* [2, 3] }
class Box { #v = 1; static s = 2; get v() { return this.#v } set v(x) { this.#v = x } }
export const main = workflow(async () => {
  const o: any = {}
  for (const [a = 1, ...b] of [[1, 2]] as any) { ;[o[await echo("x")], o.y] = [a, b] as any }
  outer: for (let i = 0; i < 3; i++) { switch (i) { case 1: continue outer; default: break outer } }
  try { o.z ??= await echo(o?.y?.[0]); delete o.z } catch ({ message }: any) { throw message } finally { new Box().v++ }
  return [...numbers(), \`\${o.x}\`, (x: number) => -(x ** 2)]
})`,
    "main"
  )
  return JSON.parse(JSON.stringify(program!.program)) as Record<string, any>
}

const reasonOf = (json: unknown): string => {
  const read = readProgram(json)
  return Either.isLeft(read) ? read.left.message : assert.fail("accepted")
}

describe("readProgram", () => {
  it("reads what the compiler writes", () => {
    const json = program()

    assert.deepStrictEqual(Either.getOrThrow(readProgram(json)), json as never)
    assert.isTrue(json["functions"].some((each: any) => each.heads === 1))
  })

  it("reads the policy of an action", () => {
    const json = program()
    json["actions"][0].policy = { retry: { attempts: 3 }, timeoutMillis: null }

    assert.isTrue(Either.isRight(readProgram(json)))
  })

  it("refuses a later format and says what to do", () => {
    assert.include(reasonOf({ ...program(), format: 2 }), "update rappel")
  })

  it("refuses kinds of nodes and fields that it does not know", () => {
    const kind = program()
    kind["functions"][0].body = { t: "Goto" }
    const field = program()
    field["functions"][0].inline = 1
    const missing = program()
    delete missing["functions"][0].slots

    assert.include(reasonOf(kind), "Goto")
    assert.include(reasonOf(field), "inline")
    assert.include(reasonOf(missing), "slots")
    assert.include(reasonOf("[]"), "Expected")
  })
})
