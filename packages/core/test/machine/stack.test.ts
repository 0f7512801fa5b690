import { assert, describe, it } from "@effect/vitest"
import { compileSource } from "../../../../test/kit/oracle.ts"
import { load } from "../../src/machine/Machine.ts"
import { encodeValue } from "../../src/value/Value.ts"
import { Driven } from "./driven.ts"

const SOURCE = `import { action, workflow } from "@rappel/core"
export const pay = action(async (n: number): Promise<any> => n)
export class Declined extends Error {
  constructor(why: string) {
    super(why)
    this.name = "Declined"
  }
}
class Cart {
  total(xs: any) {
    return xs.reduce((sum: any, x: any) => sum + x.price.net, 0)
  }
  static async check(how: string) {
    await null
    if (how === "sync") new Cart().total([{}])
    if (how === "own") throw new Declined("no")
    if (how === "call") return await pay(1)
    if (how === "all") return await Promise.all([pay(1), 2])
    if (how === "json") JSON.parse("{")
  }
}
const helper = async (how: string) => {
  return await Cart.check(how)
}
export const main = workflow(async (how: string) => {
  try {
    await helper(how)
  } catch (e: any) {
    return e.stack
  }
})
`

const run = (how: string): Driven => new Driven(load(compileSource(SOURCE, "main").program!), [how])

const stack = (driven: Driven): ReadonlyArray<string> => String(driven.value).split("\n")

describe("stacks", () => {
  it("name the functions and lines of the source, through natives and awaits", () => {
    assert.deepStrictEqual(stack(run("sync")), [
      "TypeError: Cannot read properties of undefined (reading 'net')",
      "    at src/case.ts:11:58",
      "    at Cart.total (src/case.ts:11:15)",
      "    at Cart.check (src/case.ts:15:36)",
      "    at async helper (src/case.ts:23:10)",
      "    at async src/case.ts:27:5"
    ])
  })

  it("begin where the program asked for an error of its own class", () => {
    assert.deepStrictEqual(stack(run("own")).slice(0, 4), [
      "Declined: no",
      "    at Cart.check (src/case.ts:16:30)",
      "    at async helper (src/case.ts:23:10)",
      "    at async src/case.ts:27:5"
    ])
  })

  it("of a native's error begin at the call", () => {
    assert.match(stack(run("json"))[1]!, /at Cart.check \(src\/case.ts:19:30\)/)
  })

  it("of a failed call go on with who awaited it", () => {
    const failed = run("call")
    const error = new Error("card")
    error.stack = "Error: card\n    at charge (pay.ts:1:1)"
    failed.reject(1, error)

    assert.deepStrictEqual(stack(failed), [
      "Error: card",
      "    at charge (pay.ts:1:1)",
      "    at Cart.check (src/case.ts:17:32)",
      "    at async helper (src/case.ts:23:10)",
      "    at async src/case.ts:27:5"
    ])
  })

  it("of a failed call go through Promise.all, also after a restore", () => {
    const failed = run("all").restore()
    const error = new Error("card")
    error.stack = "Error: card"
    failed.reject(1, error)

    const [, combinator, waiting] = stack(failed)
    assert.strictEqual(combinator, "    at async Promise.all (index 0)")
    assert.include(waiting!, "at async Cart.check (src/case.ts:18:31)")
  })

  it("are as long as V8's", () => {
    const source = `import { workflow } from "@rappel/core"
const deep = (n: number): any => n === 0 ? new Error("deep").stack : deep(n - 1)
export const main = workflow(async () => deep(50))`
    const driven = new Driven(load(compileSource(source, "main").program!), [])

    assert.lengthOf(stack(driven), 11)
    assert.isAbove(encodeValue(driven.value).length, 0)
  })
})
