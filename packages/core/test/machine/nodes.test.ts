/**
 * The smallest things, on nodes written by hand: what the machine makes of the contract in
 * `program/*.ts`, whatever the compiler writes.
 */
import { assert, describe, it } from "@effect/vitest"
import { load } from "../../src/machine/Machine.ts"
import type { Expression } from "../../src/program/Expression.ts"
import type { FunctionNode, ProgramFile } from "../../src/program/Program.ts"
import type { Statement } from "../../src/program/Statement.ts"
import { AT, Driven } from "./driven.ts"

const fn = (body: Statement, more: Partial<FunctionNode> = {}): FunctionNode => ({
  n: "",
  k: "sync",
  len: 0,
  size: 1,
  tdz: [],
  slots: 0,
  names: [],
  body,
  p: 0,
  ...more
})

/** A module whose export `main` is function 1; more functions follow. */
const programOf = (main: FunctionNode, ...more: ReadonlyArray<FunctionNode>): ProgramFile => ({
  hash: "h",
  positions: [[0, 1, 1], [0, 2, 3]],
  program: {
    format: 1,
    name: "main",
    entry: { m: 0, x: "main" },
    modules: [{ file: "src/a.ts", f: 0, imports: [], exports: { main: 1 } }],
    functions: [
      fn({ t: "Ex", e: { t: "Set", d: 0, i: 1, n: "main", e: { t: "Fn", f: 1 } } }, { size: 2 }),
      main,
      ...more
    ],
    classes: [],
    actions: [{ id: "src/a.ts#act", params: 1, file: "src/a.ts", x: "act" }]
  }
})

const lit = (v: string | number | boolean | null): Expression => ({ t: "Lit", v })
const ret = (e: Expression, s?: number): Statement => ({
  t: "Ret",
  e,
  p: 1,
  ...(s === undefined ? {} : { s })
})

const value = (e: Expression): unknown => new Driven(load(programOf(fn(ret(e))))).value

describe("expressions", () => {
  it("give values", () => {
    assert.strictEqual(value(lit("a")), "a")
    assert.strictEqual(value({ t: "Bin", op: "-", l: lit(7), r: lit(2), p: 1 }), 5)
    assert.strictEqual(value({ t: "Bin", op: "**", l: lit(2), r: lit(3), p: 1 }), 8)
    assert.strictEqual(value({ t: "Un", op: "typeof", e: { t: "Undef" } }), "undefined")
    assert.strictEqual(value({ t: "Cond", c: lit(0), a: lit(1), b: lit(2) }), 2)
    assert.strictEqual(value({ t: "Log", op: "??", l: lit(null), r: lit(3) }), 3)
    assert.strictEqual(value({ t: "Seq", l: [lit(1), lit(2)] }), 2)
    assert.strictEqual(value({ t: "Dflt", e: { t: "Undef" }, d: lit(4) }), 4)
    assert.strictEqual(value({ t: "Tpl", q: ["a", "b"], a: [lit(1)], p: 1 }), "a1b")
    assert.deepStrictEqual(value({ t: "Arr", a: [lit(1), { t: "Hole" }, lit(2)], p: 1 }), [
      1,
      null,
      2
    ])
    assert.deepStrictEqual(value({ t: "Obj", ps: [{ kind: "v", k: lit("a"), e: lit(1) }], p: 1 }), {
      a: 1
    })
    assert.strictEqual(
      value({ t: "Chain", e: { t: "Get", o: lit(null), k: lit("x"), opt: 1, ch: 1, p: 1 } }),
      undefined
    )
  })

  it("call what they name, with the message of V8 when it is no function", () => {
    const call = (f: Expression): Expression => ({ t: "Call", f, a: [lit(-4)], n: "f", p: 1 })
    const run = new Driven(load(programOf(fn(ret(call(lit(1)))))))

    assert.strictEqual(
      value(call({ t: "Get", o: { t: "Glob", n: "Math" }, k: lit("abs"), p: 1 })),
      4
    )
    assert.strictEqual(run.error.message, "f is not a function")
    assert.include(run.error.stack, "at src/a.ts:2:3")
  })

  it("know no global outside of the table", () => {
    const run = new Driven(load(programOf(fn(ret({ t: "Glob", n: "process" })))))

    assert.strictEqual(run.error.message, "process is not defined")
  })
})

describe("variables", () => {
  it("are found by depth and index, and throw in their dead zone", () => {
    const inner = fn(ret({ t: "Var", d: 1, i: 1, n: "x", z: 1, p: 1 }), { arrow: 1 })
    const body: Statement = {
      t: "Blk",
      b: [
        { t: "Ex", e: { t: "Set", d: 0, i: 1, n: "x", e: lit(5) } },
        ret({ t: "Call", f: { t: "Fn", f: 2 }, a: [], n: "inner", p: 1 })
      ]
    }
    const early = fn(ret({ t: "Var", d: 0, i: 1, n: "x", z: 1, p: 1 }), { size: 2, tdz: [1] })

    assert.strictEqual(new Driven(load(programOf(fn(body, { size: 2, tdz: [1] }), inner))).value, 5)
    assert.strictEqual(
      new Driven(load(programOf(early))).error.message,
      "Cannot access 'x' before initialization"
    )
  })
})

describe("slots", () => {
  const act = (v: number): Expression => ({
    t: "Call",
    f: { t: "Act", a: 0 },
    a: [lit(v), lit(9)],
    n: "act",
    p: 1
  })

  it("keep an operand while another awaits, also in a snapshot", () => {
    // act(1) is awaited in slot 0, act(2) in slot 1; the sum has slots 2 to 4.
    const sum: Expression = {
      t: "Bin",
      op: "+",
      l: { t: "Await", e: act(1), s: 0, p: 1 },
      r: { t: "Await", e: act(2), s: 1, p: 1 },
      s: 2,
      p: 1
    }
    const machine = load(programOf(fn(ret(sum, 0), { k: "async", slots: 5 })))
    const run = new Driven(machine)

    assert.deepStrictEqual(run.commands, [
      { kind: "call", effect: 1, action: "src/a.ts#act", args: "[1]", policy: {} }
    ])
    run.settle(1, 10).restore()
    assert.strictEqual(run.settle(2, 5).value, 15)
  })

  it("of a try are free again after an exception", () => {
    // try { return await act(1) } catch (e) { return await act(2) }: the awaits in 0 and 1.
    const body: Statement = {
      t: "Try",
      b: ret({ t: "Await", e: act(1), s: 0, p: 1 }, 0),
      br: [0, 1],
      c: {
        size: 0,
        tdz: [],
        exc: { d: 0, i: 1 },
        b: ret({ t: "Await", e: act(2), s: 1, p: 1 }, 1),
        r: [1, 2]
      },
      s: 2,
      p: 1
    }
    const run = new Driven(load(programOf(fn(body, { k: "async", size: 2, slots: 6 }))))

    run.restore().reject(1, new Error("no")).restore()
    assert.strictEqual(run.settle(2, "caught").value, "caught")
  })
})

describe("programs", () => {
  it("may give an action its policy", () => {
    const file = programOf(fn(ret({ t: "Call", f: { t: "Act", a: 0 }, a: [], n: "act", p: 1 })))
    const [action] = file.program.actions
    const policy = { retry: { attempts: 3 } }
    const declared = { ...file, program: { ...file.program, actions: [{ ...action!, policy }] } }

    assert.deepInclude(new Driven(load(declared)).commands[0], { policy })
  })

  it("with a kind of node that this release does not know fail at that place only", () => {
    const unknown = { t: "Pipe" } as unknown as Expression
    const body: Statement = { t: "If", c: lit(true), a: ret(lit(1)), b: ret(lit(2)), p: 1 }
    const run = new Driven(load(programOf(fn(ret(unknown)))))

    assert.include(run.error.message, `"Pipe"`)
    assert.strictEqual(new Driven(load(programOf(fn(body), fn(ret(unknown))))).value, 1)
  })

  it("begin at the step's time", () => {
    const now: Expression = {
      t: "CallM",
      o: { t: "Glob", n: "Date" },
      k: lit("now"),
      a: [],
      n: "Date.now",
      p: 1
    }

    assert.strictEqual(value(now), AT)
  })
})
