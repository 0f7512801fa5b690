import { assert, describe, it } from "@effect/vitest"
import { compileSource } from "../../../../test/kit/oracle.ts"
import { LoadedProgram } from "../../src/machine/Code.ts"
import { load } from "../../src/machine/Machine.ts"
import { drive, Driven, machineOf } from "./driven.ts"

describe("fuel", () => {
  const endless = [
    "while (true) {}",
    "for (;;) {}",
    "do {} while (true)",
    "const f = (): any => { for (const x of { *[Symbol.iterator]() { for (;;) yield 1 } } as any) {} }; f()",
    "const f = async (): Promise<any> => { for (;;) await null }; await f()",
    "const g = (): any => [1, 2].forEach(() => { while (true) {} }); g()",
    "let p: any = Promise.resolve(); const again = (): any => { p = p.then(again) }; again(); await new Promise(() => {})",
    "for await (const x of (async function*() { for (;;) yield 1 })()) {}"
  ]

  for (const body of endless) {
    it(`ends ${body}`, () => {
      const run = drive(body, [], { fuelPerStep: 50_000 })

      assert.strictEqual(run.error.name, "FuelExhausted")
      assert.match(run.error.message, /src\/case.ts:\d+:\d+/)
      assert.isTrue(run.last.closed)
    })
  }

  it("cannot be caught, and finally does not run", () => {
    const run = drive(
      "try { while (true) {} } catch { console.log('caught') } finally { console.log('finally') }",
      [],
      {
        fuelPerStep: 1000
      }
    )

    assert.strictEqual(run.error.name, "FuelExhausted")
    assert.deepStrictEqual(run.commands.map(({ kind }) => kind), ["complete"])
  })

  it("is counted per step", () => {
    const run = drive(
      "for (let i = 0; i < 100; i++) {} await echo(1); for (let i = 0; i < 7; i++) {} return 1",
      [],
      {
        fuelPerStep: 150
      }
    )

    assert.isAtLeast(run.last.fuel, 100)
    assert.isAtMost(run.settle(1).last.fuel, 20)
    assert.strictEqual(run.value, 1)
  })
})

describe("depth", () => {
  it("overflows at the same call each time, and can be caught", () => {
    const body =
      "let n = 0; const f = (): any => { n++; return f() }; try { f() } catch (e: any) { return [n, e.name, e.message] }"
    const first = drive(body).value as Array<unknown>

    assert.deepStrictEqual(drive(body).value, first)
    assert.deepStrictEqual(first.slice(1), ["RangeError", "Maximum call stack size exceeded"])
    assert.isAbove(first[0] as number, 500)
  })

  it("is what it was in releases before, which may step an instance again", () => {
    const calls: ReadonlyArray<readonly [count: number, body: string]> = [
      [1330, "const f = (): any => { n++; return f() }; f()"],
      [1330, "const f = (a: any): any => { n++; f(a) }; f(1)"],
      [1330, "function f(a: any, b: any, c: any): any { n++; return f(a, b, c) } f(1, 2, 3)"],
      [1330, "const o = { m(a: any): any { n++; o.m(a) } }; o.m(1)"],
      [1330, "const e = (a: any): any => {}; const f = (): any => { n++; e(n); f() }; f()"],
      [998, "function f(this: any, a: any): any { n++; return new (f as any)(a) } f(1)"],
      [498, "class A { constructor(a: any) { n++; new A(a) } } new A(1)"]
    ]
    for (const [count, body] of calls) {
      const run = drive(`let n = 0; try { ${body} } catch {} return n`)
      assert.strictEqual(run.value, count, body)
    }
  })

  it("weighs a call that only binds its parameters by what binding takes", () => {
    const program = compileSource(
      `import { workflow } from "@rappel/core"
export const main = workflow(async () => { const f = (a: any): any => {}; return f(1) })`,
      "main"
    ).program!
    const limits = { fuelPerStep: 1, maxStateBytes: 1, maxValueLength: 1 }
    const { codes } = new LoadedProgram(program, { ...limits, watch: undefined, policy: undefined })
    const code = codes.find(({ node }) => node.n === "f")!
    code.compile()

    assert.strictEqual(code.weight, 5)
  })

  it("is released by what throws", () => {
    const run = drive(`
      const deep = (n: number): any => n === 0 ? (() => { throw new Error("end") })() : deep(n - 1)
      for (let i = 0; i < 200; i++) { try { deep(200) } catch {} }
      return "ok"`)

    assert.strictEqual(run.value, "ok")
  })

  const nested = [
    "const f = (): any => count(f)",
    "const f = (n: any): any => 1 + count(f)",
    "function f(n: any): any { if (n > -1) { return count(f) + 1 } return 0 }",
    "const f = (a: any): any => [1].map(() => f({ x: [a, ...[count(a)]] }))[0]",
    "class A { get g(): any { count(); return new A().g } } const f = () => new A().g",
    "const f = (): any => `${{ toString: () => count(f) }}`",
    "const f = (): any => { try { return count(f) } finally { 1 + 1 } }",
    "const f = (): any => { for (const x of [1]) { switch (x) { case 1: { if (true) { return ((((count(f))))) } } } } }",
    "const f = (): any => { const [a] = { *[Symbol.iterator]() { yield count(f) } } as any; return a }",
    "class B { constructor() { count(); new B() } } const f = () => new B()",
    "class B { x = (count(), new B()) } const f = () => new B()",
    "class C {} class B extends C { constructor() { super(); count(); new B() } } const f = () => new B()",
    "const f = (): any => Reflect.apply(count, null, [f])",
    "const f = (): any => f.bind(null)(count())",
    "const g = (n: any): any => { const [a, ...b] = [count()]; return { ...{ a: g(a ? (b ? a : b) : [[[[n]]]]) } } }; const f = () => g(1)",
    "const f = async (): Promise<any> => { count(); await f() }",
    "const f = async (): Promise<any> => { for (const x of [1]) { try { count(); await f() } finally { await 1 } } }",
    "function* gen(): any { count(); yield* gen() } const f = () => [...gen()]"
  ]

  it("overflows by the machine's own measure, whatever nests and wherever it began", () => {
    for (const body of nested) {
      const machine = machineOf(`
        let n = 0
        const count = (g?: any): any => { n++; return typeof g === "function" ? g(n) : g }
        ${body}
        try { await (f as any)(0) } catch (e: any) { return [n, e.name, e.message] }`)
      const run = () => new Driven(machine).value as Array<unknown>
      const deeper = (levels: number): Array<unknown> => levels === 0 ? run() : deeper(levels - 1)

      const shallow = run()
      assert.deepStrictEqual(
        shallow.slice(1),
        ["RangeError", "Maximum call stack size exceeded"],
        body
      )
      assert.deepStrictEqual(deeper(400), shallow, body)
    }
  })

  it("overflows within natives as an error of the workflow", () => {
    for (
      const body of [
        "JSON.stringify({ toJSON: () => f() })",
        "'x'.replace(/x/, () => f())",
        "[2, 1].sort(() => f())",
        "Object.entries({ get x() { return f() } })"
      ]
    ) {
      const run = drive(
        `const f = (): any => ${body}; try { f() } catch (e: any) { return [e.name, e.message] }`
      )

      assert.deepStrictEqual(run.value, ["RangeError", "Maximum call stack size exceeded"], body)
    }
  })
})

describe("snapshots", () => {
  it("refuse what has no stored form, with the variable that holds it", () => {
    const refusal = (body: string): string => {
      const run = drive(body)
      try {
        run.machine.snapshot(run.state)
      } catch (error) {
        assert.strictEqual((error as Error).name, "ValueNotStorable")
        return (error as Error).message
      }
      return assert.fail(`stored: ${body}`)
    }

    const local = refusal(
      "const order = { client: { it: new Set([1]).values().map } } as any; order.client.it = Array.prototype[Symbol.iterator].call([1]); order.bad = [[new URLSearchParams('a=1').entries().next.bind({})]]; order.client = { raw: segmenter() }; await echo(1); return order; function segmenter() { return 'a'.normalize && (Object.entries as any)['x'] || (globalThis_() as any) } function globalThis_() { return Reflect.construct(Date, []).constructor.prototype.constructor && new (class { x = weak() })() } function weak() { return structuredClone(new ArrayBuffer(1, { maxByteLength: 2 } as any)) }"
    )
    assert.include(local, "`order.client.raw.x`")
    assert.include(local, "src/case.ts")
  })

  it("name variables of blocks, closures and this", () => {
    const resizable = "new ArrayBuffer(1, { maxByteLength: 2 } as any)"
    const cases: ReadonlyArray<readonly [path: string, body: string]> = [
      [
        "held",
        `for (const i of [1]) { const held = ${resizable}; const f = () => held; await echo(f) }`
      ],
      [
        "inner.a",
        `const make = () => { const inner = { a: ${resizable} }; return () => inner }; const f = make(); await none(); f()`
      ],
      [
        "list[1]",
        `const list = [1, ${resizable}]; { let list2 = 5; await echo(list2) } return list`
      ]
    ]
    for (const [path, body] of cases) {
      const run = drive(body.replace("await echo(f)", "await none(); f()"))
      assert.throws(() => run.machine.snapshot(run.state), `\`${path}\``)
    }
  })

  it("are bounded in size", () => {
    const run = drive("const big = 'x'.repeat(5000); await echo(1); return big", [], {
      maxStateBytes: 2000
    })

    assert.throws(
      () => run.machine.snapshot(run.state),
      /StateTooLarge|more than the limit of 2000/
    )
  })

  it("of another format are refused", () => {
    const { machine } = drive("await echo(1)")

    assert.throws(() => machine.restore(`{"machine":2,"heap":[]}`), /update rappel/)
    assert.throws(() => machine.restore("nonsense"), /Not a snapshot/)
  })

  it("of a small instance are small", () => {
    const run = drive(
      "let acc = 0; for (let i = 0; i < 3; i++) acc = await add(acc, i); return acc"
    )

    assert.isBelow(run.machine.snapshot(run.state).length, 1000)
  })

  it("serve a machine that was loaded again", () => {
    const body =
      "const o = { n: await echo(1) }; const f = () => o.n++; await echo(2); f(); return o.n"
    const first = new Driven(machineOf(body))
    first.settle(1, 5)
    const text = first.machine.snapshot(first.state)

    const second = new Driven(machineOf(body))
    second.state = second.machine.restore(text)
    assert.strictEqual(second.machine.snapshot(second.state), text)
    assert.strictEqual(second.settle(2).value, 6)
    assert.strictEqual(first.settle(2).value, 6)
  })

  it("of two instances of one program do not share", () => {
    const machine = machineOf(
      "const list: any[] = []; list.push(await echo(1)); await echo(2); return list"
    )
    const [a, b] = [new Driven(machine), new Driven(machine)]

    a.settle(1, "a")
    b.settle(1, "b")
    assert.deepStrictEqual([a.settle(2).value, b.settle(2).value], [["a"], ["b"]])
  })
})

describe("values", () => {
  const options = { maxValueLength: 1000 }
  const long = "const long = 'x'.repeat(2000);"

  it("too large for the arguments of a call throw at the call, and can be caught", () => {
    const run = drive(`${long} await echo(long)`, [], options)
    assert.strictEqual(run.error.name, "ValueTooLarge")
    assert.match(run.error.message, /The arguments of action .*echo would take 2\d+ characters/)
    assert.match(run.error.stack!, /src\/case.ts:\d+:\d+/)

    const caught = drive(
      `${long} try { await echo(long) } catch (e: any) { return e.name } `,
      [],
      options
    )
    assert.strictEqual(caught.value, "ValueTooLarge")
  })

  it("too large for a result or an error fail the instance", () => {
    const result = drive(`${long} return long`, [], options)
    assert.match(result.error.message, /The result of the workflow would take 2\d+ characters/)
    const error = drive(`${long} throw new Error(long)`, [], options)
    assert.match(error.error.message, /The error of the workflow would take \d+ characters/)
  })

  it("up to the limit pass", () => {
    const run = drive("return 'x'.repeat(998)", [], options)
    assert.lengthOf(run.value as string, 998)
  })
})

describe("programs", () => {
  it("of a later format are refused", () => {
    const { program } = compileSource(
      `import { workflow } from "@rappel/core"\nexport const main = workflow(async () => 1)`,
      "main"
    )
    const later = { ...program!, program: { ...program!.program, format: 2 as 1 } }

    assert.throws(() => load(later), /update rappel/)
  })
})
