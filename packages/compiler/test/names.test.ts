import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "../src/index.ts"
import { runInMachine } from "./machineRun.ts"

const compiled = (file: string, body: string) => {
  const source = `import { workflow } from "@rappel/core"
export const w = workflow(async () => {
  const out = []
  const trying = (f) => {
    try { out.push(f()) } catch (error) { out.push(error.name + ": " + error.message) }
  }
${body}
  return out.join("; ")
})`
  const [workflow] = compileFile({
    file,
    projectRoot: "/p",
    readFile: (path) => path === file ? source : undefined
  }).workflows
  return workflow!
}

const codesOf = (file: string, body: string) =>
  compiled(file, body).findings.map(({ code, severity }) => `${severity} ${code}`)

const run = async (body: string) =>
  await runInMachine(compiled("/p/w.mjs", body).program!, {}, false)

describe("a name that nobody declares", () => {
  it("is an error in TypeScript, and a warning where no type checker reads", () => {
    assert.deepStrictEqual(codesOf("/p/w.ts", "trying(() => taxRate)"), ["error unknown-name"])
    assert.deepStrictEqual(codesOf("/p/w.mjs", "trying(() => taxRate)"), [
      "warning undeclared-name"
    ])
  })

  it("is no reason to let through what Node has and a workflow has not", () => {
    assert.deepStrictEqual(codesOf("/p/w.mjs", "trying(() => fetch)"), ["error host-global"])
  })

  it("throws as under Node when it is reached, after the value that it would get", async () => {
    assert.strictEqual(
      await run(`
        trying(() => typeof taxRate)
        trying(() => taxRate)
        trying(() => { taxRate = out.push("value") })
        trying(() => { taxRate += out.push("not this") })
        trying(() => { taxRate++ })
        trying(() => { [taxRate] = [out.push("item")] })
        trying(() => { for (taxRate of [1]) out.push("not this") })
        trying(() => false && taxRate)`),
      "undefined; ReferenceError: taxRate is not defined; value; " +
        "ReferenceError: taxRate is not defined; ReferenceError: taxRate is not defined; " +
        "ReferenceError: taxRate is not defined; item; ReferenceError: taxRate is not defined; " +
        "ReferenceError: taxRate is not defined; false"
    )
  })
})

describe("Function", () => {
  it("may be compared with and read from", async () => {
    assert.strictEqual(
      await run(`
        trying(() => (() => 1) instanceof Function)
        trying(() => ({}) instanceof Function)
        trying(() => (() => 1).constructor === Function)
        trying(() => Function.prototype.call.bind(Array.prototype.join)([1, 2], "+"))
        trying(() => Object.getPrototypeOf(function() {}) === Function.prototype)`),
      "true; false; true; 1+2; true"
    )
  })

  it("makes no code", async () => {
    for (const use of ["Function(\"1\")", "new Function(\"1\")", "class extends Function {}"]) {
      assert.deepStrictEqual(codesOf("/p/w.mjs", `trying(() => ${use})`), ["error dynamic-code"])
    }
    assert.strictEqual(
      await run("const make = Function; trying(() => make(\"1\"))"),
      "TypeError: dynamic code is not available in workflows"
    )
  })
})
