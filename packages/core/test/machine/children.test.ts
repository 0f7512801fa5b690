import { assert, describe, it } from "@effect/vitest"
import { compileSource } from "../../../../test/kit/oracle.ts"
import { deriveId } from "../../src/machine/deriveId.ts"
import { load } from "../../src/machine/Machine.ts"
import type { Command } from "../../src/machine/Model.ts"
import { encodeValue } from "../../src/value/Value.ts"
import { AT, Driven } from "./driven.ts"

const SOURCE = (body: string) => `
import { action, Cancelled, signal, sleep, Workflow, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const Go = signal<any>("go")
export const two = workflow(async (a: any, b: any) => [a, b])
export const rest = workflow({ name: "named" }, async (...all: any[]) => all)
const hidden = workflow(async (a: number) => a + 1)
export class Deep extends Workflow { factor = 2; async run(n: number) { return n * this.factor } }
export const main = workflow(async (...args: any[]) => {${body}})
`

const drive = (body: string): Driven =>
  new Driven(load(compileSource(SOURCE(body), "main").program!))

const children = (run: Driven) =>
  run.commands.filter((command): command is Extract<Command, { kind: "child" }> =>
    command.kind === "child"
  )

/** Runs the child that a command asks for, to its end. */
const resultOf = (run: Driven, child: Extract<Command, { kind: "child" }>): unknown => {
  const { id: instanceId, input, seed, entry } = child
  const { outcome } = run.machine.start({ instanceId, input, seed, entry, at: AT }).step
  return outcome
}

describe("a workflow that is called", () => {
  it("is a child with its arguments, and no more of them than it reads", () => {
    const run = drive("return await Promise.all([[1, 2], [3, 4]].map(two as any))")
    const [first, second] = children(run)

    assert.deepInclude(first, { effect: 1, name: "two", id: deriveId("i1", 1, AT) })
    assert.deepStrictEqual([first!.input, second!.input], ["[[1,2],0]", "[[3,4],1]"])
    assert.match(first!.seed, /^[0-9a-f]{32}$/)
    assert.deepStrictEqual(resultOf(run, first!), { ok: true, value: "[[1,2],0]" })
    run.restore().settle(2, "b").restore().settle(1, "a")
    assert.deepStrictEqual(run.value, ["a", "b"])
  })

  it("takes all arguments when it may read all", () => {
    const [child] = children(drive("await rest(1, 2, 3)"))

    assert.strictEqual(child!.input, "[1,2,3]")
  })

  it("is one in every form: hidden, a class, run, start, with", () => {
    const run = drive(`
      await Promise.all([hidden(1), Deep.run(2), two.run(1, 2), two.with({ delay: "1s" }).run(1, 2)])`)
    const made = children(run)

    assert.deepStrictEqual(made.map(({ name }) => name), ["hidden", "Deep", "two", "two"])
    assert.deepStrictEqual(
      made.slice(0, 2).map((child) => resultOf(run, child)),
      [{ ok: true, value: "2" }, { ok: true, value: "4" }]
    )
    assert.strictEqual(made[3]!.delayMillis, 1000)
  })

  it("that fails rejects, with the frames of whoever waits", () => {
    const run = drive(
      "try { await two(1, 2) } catch (e: any) { return [e.name, e.message, /main|workflow/.test(e.stack)] }"
    )

    assert.deepStrictEqual(
      (run.restore().reject(1, new RangeError("no")).value as Array<unknown>).slice(0, 2),
      [
        "RangeError",
        "no"
      ]
    )
  })

  it("has no key and no id of its own", () => {
    assert.match(drive(`await two.with({ key: "k" } as any).run(1, 2)`).error.message, /not key/)
  })
})

describe("a child that is started", () => {
  it("is told, cancelled and awaited by its handle, also across a snapshot", () => {
    const run = drive(`
      const handle = await two.with({ cancelWithParent: false }).start(1, 2)
      await echo(handle.id)
      await handle.signal(Go, { a: 1 })
      await handle.cancel("why")
      return [await handle.result(), handle.id]`)
    const id = deriveId("i1", 1, AT)

    run.restore().settle(2)
    assert.deepStrictEqual(run.commands.map((command) => ({ ...command, id: "" })), [
      { kind: "send", id: "", to: id, message: "signal", name: "go", payload: `{"a":1}` },
      { kind: "send", id: "", to: id, message: "cancel", name: null, payload: "why" }
    ])
    run.restore().settle(1, "out")
    assert.deepStrictEqual(run.value, ["out", id])
  })

  it("keeps no parent open, and fails none that does not ask", () => {
    assert.isTrue(drive("await two.start(1, 2); return 1").last.closed)
    const run = drive("await two.start(1, 2); await echo(1); return 2")
    assert.strictEqual(run.reject(1, new Error("its own")).settle(2).value, 2)
  })

  it("that was called keeps its parent open for what comes after it", () => {
    const run = drive("void two(1, 2).then(() => echo('later')); return 1")

    assert.isFalse(run.last.closed)
    assert.propertyVal(run.restore().settle(1).commands[0]!, "kind", "call")
    assert.isTrue(run.settle(2).last.closed)
  })
})

describe("cancellation", () => {
  it("rejects what waits for children and sends it on, except where they go on", () => {
    const run = drive(`
      await two.with({ cancelWithParent: false }).start(1, 2)
      await Promise.all([two(1, 2), two(3, 4)].map((p) => p.catch((e: any) => e instanceof Cancelled)))
      return "undone"`)

    run.restore().cancel("all")
    assert.deepStrictEqual(
      run.commands.filter(({ kind }) => kind === "send").map((
        command: any
      ) => [command.to, command.payload]),
      [2, 3].map((effect) => [deriveId("i1", effect, AT), "all"])
    )
    assert.strictEqual(run.value, "undone")
  })
})

describe("deriveId", () => {
  it("makes version 8 UUIDs that begin with the time and do not repeat", () => {
    const parents = Array.from({ length: 20 }, (_, i) => deriveId("x", i, AT + i))
    const ids = parents.flatMap((parent) =>
      Array.from({ length: 5000 }, (_, effect) => deriveId(parent, effect + 1, AT))
    )

    assert.strictEqual(new Set(ids).size, 100_000)
    assert.strictEqual(new Set(ids.map((id) => id.slice(24))).size, 100_000)
    for (const id of ids.slice(0, 100)) {
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.strictEqual(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), AT)
    }
    assert.strictEqual(encodeValue(ids[0]), JSON.stringify(ids[0]))
  })
})
