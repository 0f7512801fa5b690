import { assert, describe, it } from "@effect/vitest"
import { drive } from "./driven.ts"

/** What the state of a workflow that holds a value comes to. */
const held = (made: string): string => {
  const run = drive(`const held: any = ${made}\nawait echo(1)\nreturn String(held)`)
  try {
    run.restore().settle(1, 1)
    return String(run.value)
  } catch (error) {
    return String(error)
  }
}

describe("what cannot be stored", () => {
  it("is refused by the name of the variable, with what to do instead", () => {
    const resizable = "new (ArrayBuffer as any)(8, { maxByteLength: 16 })"
    const transferred = "(() => { const b = new ArrayBuffer(8); " +
      "structuredClone(b, { transfer: [b] }); return b })()"

    assert.match(held(resizable), /ValueNotStorable: `held` is an ArrayBuffer.*fixed size/)
    assert.match(
      held(`new Uint8Array(${resizable})`),
      /ValueNotStorable: `held.buffer` is an Array/
    )
    assert.match(held(transferred), /ValueNotStorable: `held` is an ArrayBuffer.*was transferred/)
    assert.strictEqual(held("new ArrayBuffer(0)"), "[object ArrayBuffer]")
  })

  it("is no class that extends the library's", () => {
    const extended = (name: string) =>
      `new (class Mine extends ${name} { label() { return "mine" } toString() { return this.label() } })()`

    for (const name of ["TextDecoder", "TextEncoder", "Map", "URLSearchParams", "Array"]) {
      assert.strictEqual(held(extended(name)), "mine", name)
    }
  })
})
