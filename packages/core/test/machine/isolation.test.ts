import { assert, describe, it } from "@effect/vitest"
import { drive } from "./driven.ts"

/** Runs statements that must each be refused, and gives what they threw. */
const refusals = (statements: ReadonlyArray<string>): ReadonlyArray<string> => {
  const run = drive(`
    const out: any[] = []
    const run = (f: any) => { try { f(); out.push("done") } catch (e: any) { out.push(e.name + ": " + e.message) } }
    ${statements.map((each) => `run(() => { ${each} })`).join("\n")}
    return out`)
  return run.value as ReadonlyArray<string>
}

/** The own properties of everything that the language's globals lead to. */
const fingerprint = (): string => {
  const seen = new Map<object, number>()
  const lines: Array<string> = []
  const queue: Array<object> = []
  const meet = (value: unknown): string => {
    if (typeof value !== "object" && typeof value !== "function" || value === null) {
      return String(value)
    }
    if (!seen.has(value)) {
      seen.set(value, seen.size)
      queue.push(value)
    }
    return `#${seen.get(value)}`
  }
  for (
    const root of [
      Object,
      Array,
      Function,
      Map,
      Set,
      Promise,
      RegExp,
      Error,
      TypeError,
      Date,
      Math,
      JSON,
      Reflect,
      Symbol,
      String,
      Number,
      BigInt,
      Boolean,
      Uint8Array,
      ArrayBuffer,
      URL,
      URLSearchParams,
      (async () => {}).constructor,
      (function*() {}).constructor
    ]
  ) {
    meet(root)
  }
  for (let at = 0; at < queue.length; at++) {
    const object = queue[at]!
    lines.push(`${at} ${meet(Object.getPrototypeOf(object))} ${Object.isExtensible(object)}`)
    for (const key of Reflect.ownKeys(object)) {
      if (
        key === "stackTraceLimit" || key === "lastMatch" ||
        /^\$|input|[rl][ei][gf]h?tContext|lastParen/.test(String(key))
      ) continue
      const own = Reflect.getOwnPropertyDescriptor(object, key)!
      lines.push(
        `${String(key)} ${meet(own.value)} ${meet(own.get)} ${
          meet(own.set)
        } ${own.writable} ${own.enumerable} ${own.configurable}`
      )
    }
  }
  return lines.join("\n")
}

describe("intrinsics behave as frozen", () => {
  it("whatever way a workflow writes to them", () => {
    const before = fingerprint()

    const shown = refusals([
      "(Array.prototype as any).x = 1",
      "(Array.prototype as any)[0] = 1",
      "(Object.prototype as any)['x' + 1] = 1",
      "(Math as any).PI = 3",
      "(Array.prototype as any).push = () => 1",
      "delete (Array.prototype as any).map",
      "(Math as any).counter ??= 1",
      "(Math as any).counter += 1",
      "(Math as any).counter++",
      "Object.assign(Math, { x: 1 })",
      "Object.defineProperty(Array.prototype, 'x', { value: 1 })",
      "Object.defineProperties(Math, { x: { value: 1 } })",
      "Object.setPrototypeOf(Math, null)",
      "(Math as any).__proto__ = null",
      "Array.prototype.push.call(Math, 1)",
      "Array.prototype.push(1)",
      "const { push } = [] as any; push.call(Array.prototype, 1)",
      "[].fill.call(Math as any, 1)",
      "Array.prototype.splice.apply(Array.prototype, [0, 0, 1] as any)",
      "Reflect.apply(Array.prototype.unshift, Array.prototype, [1])",
      "(Object.prototype as any).__defineGetter__.call(Math, 'x', () => 1)",
      "RegExp.prototype[Symbol.search].call(Math as any, 'x')",
      "(Error as any).captureStackTrace(Math)",
      "[Math.abs].forEach((f: any) => { f.x = 1 })",
      "Promise.prototype.then = null as any",
      "(Promise as any).x = 1",
      "(console as any).log = () => 1",
      "(echo as any).__proto__.with = 1",
      "Object.getPrototypeOf([].values()).next = 1 as any",
      "Object.getPrototypeOf(function*() {}.prototype).next = 1 as any",
      "Object.getPrototypeOf(async () => {}).x = 1",
      "(Date as any).now = () => 0",
      "(TypeError as any).x = 1",
      "(String.prototype as any).x = 1",
      "new (class { static { (Object.prototype as any).y = 1 } } as any)()",
      "class K { constructor() { return Math as any } } Array.from.call(K as any, [1])",
      "class L { constructor() { return Math as any } } class M extends (L as any) { x = 1 } new M()",
      "const a: any = [1]; a.constructor = { [Symbol.species]: function() { return Math } }; a.map((x: any) => x)"
    ])

    assert.deepStrictEqual(shown.filter((each) => !each.startsWith("TypeError: ")), [])
    assert.include(shown[0], "Cannot add property x, object is not extensible")
    assert.include(shown[3], "Cannot assign to read only property 'PI' of object '#<Object>'")
    assert.include(shown[5], "Cannot delete property 'map'")
    assert.strictEqual(fingerprint(), before)
  })

  it("to reflection, too", () => {
    const before = fingerprint()

    const run = drive(`return [
      Reflect.set(Math, "x", 1), Reflect.set({}, "x", 1, Math), Reflect.defineProperty(Math, "x", { value: 1 }),
      Reflect.deleteProperty(Math, "PI"), Reflect.setPrototypeOf(Math, null), Reflect.preventExtensions(Math),
      Object.isFrozen(Array.prototype), Object.isExtensible(Map), Object.freeze(Math) === Math, Object.seal(JSON) === JSON,
      "x" in Math, Object.isFrozen({})]`)

    assert.deepStrictEqual(run.value, [
      false,
      false,
      false,
      false,
      false,
      true,
      true,
      false,
      true,
      true,
      false,
      false
    ])
    assert.strictEqual(fingerprint(), before)
  })

  it("but objects of the workflow inherit from them and may shadow", () => {
    const run = drive(`
      const a: any = [1]; a.push = () => "own"; a.toString = () => "text"
      const o: any = {}; o.hasOwnProperty = 1
      class P extends Promise<any> { override then(...xs: any[]): any { return super.then(...xs as [any]) } }
      return [a.push(), String(a), o.hasOwnProperty, await P.resolve(1)]`)

    assert.deepStrictEqual(run.value, ["own", "text", 1, 1])
  })
})

describe("no code is made of text", () => {
  it("by any way to the constructors of functions", () => {
    const ways = [
      "((() => 1) as any).constructor('return 1')",
      "new ((() => 1) as any).constructor('return 1')",
      "((() => 1) as any)['const' + 'ructor']('return process')()",
      "((async () => 1) as any).constructor('return 1')",
      "(function*() {} as any).constructor('return 1')",
      "(async function*() {} as any).constructor('return 1')",
      "(Array as any).constructor('return 1')",
      "const { constructor: F }: any = () => 1; F('return 1')",
      "const k = 'constructor', { [k]: F }: any = () => 1; F('return 1')",
      "(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(() => 1), 'constructor') as any).value('return 1')",
      "(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(() => 1)) as any).constructor.value('return 1')",
      "(Reflect.get(() => 1, 'constructor') as any)('return 1')",
      "(Reflect.getOwnPropertyDescriptor(Object.getPrototypeOf(() => 1), 'constructor') as any).value('return 1')",
      "Reflect.construct((() => 1 as any).constructor as any, ['return 1'])",
      "Reflect.apply((() => 1 as any).constructor as any, null, ['return 1'])",
      "(class extends ((() => 1 as any).constructor as any) {} as any).constructor('return 1')",
      "new (class extends ((() => 1 as any).constructor as any) {} as any)('return 1')",
      "['x'].map((x: any) => ((() => 1) as any).constructor(x))",
      "(((() => 1) as any).constructor.bind(null, 'return 1') as any)()",
      "(super_() as any)('return 1'); function super_() { return ({ __proto__: () => 1, get() { return (super.constructor as any) } } as any).get() }",
      "(((() => 1) as any).constructor.constructor as any)('return 1')",
      "((() => 1) as any).constructor.prototype.constructor('return 1')"
    ]

    for (const [at, shown] of refusals(ways).entries()) {
      assert.include(shown, "dynamic code is not available in workflows", ways[at])
    }
  })

  it("though the constructors can be looked at", () => {
    const run = drive(`
      const f: any = () => 1, af: any = async () => 1
      return [f instanceof f.constructor, f.constructor.name, af.constructor.name, f.constructor === (class {} as any).constructor,
        f.constructor.prototype === Object.getPrototypeOf(f), typeof f.constructor]`)

    assert.deepStrictEqual(run.value, [true, "Function", "AsyncFunction", true, true, "function"])
  })

  it("and timers take no text", () => {
    assert.strictEqual(drive("setTimeout('1' as any, 1)").error.name, "TypeError")
  })
})

describe("nothing of the process shows", () => {
  it("neither its last match, nor the machine's sources", () => {
    const run = drive(`
      const f = function named(a: any) { return a }
      class A {}
      const refused = (make: () => unknown): string => {
        try { return String(make()) } catch (error: any) { return error.message }
      }
      const g: any = f
      return [
        [
          () => String(f), () => f + "", () => \`\${f}\`, () => f.toString(),
          () => ({ [g]: 1 }), () => String(A), () => [f].join(), () => "a".concat(g),
          () => new Error(g), () => Object(f) == "x", () => parseInt(g), () => [1, 2].join(g)
        ].map(refused),
        [String(Math.abs), String(f.bind(1)), [console.log].join()],
        Object.getOwnPropertySymbols(new URL("http://x")).length
      ]`)

    const [refusedTexts, natives] = run.value as [Array<string>, Array<string>]
    for (const text of refusedTexts) assert.match(text, /^Cannot convert function (named|A) to a /)
    assert.deepStrictEqual(natives, [
      "function abs() { [native code] }",
      "function () { [native code] }",
      "function log() { [native code] }"
    ])
    assert.match(String((a: number) => a + 1), /=>/)
    assert.include(
      refusals(["/a(b)/.exec('ab'); return (RegExp as any).$1"])[0],
      "RegExp.$1 is not available"
    )
  })

  it("nor its globals", () => {
    const run = drive(`
      const root: any = Object.getPrototypeOf(globals)
      return [typeof root, Object.keys(new URLSearchParams("a=1"))]
      function globals() {}`)

    assert.deepStrictEqual(run.value, ["function", []])
  })

  it("nor host frames in stacks", () => {
    const run = drive(`
      const stacks: any[] = []
      for (const f of [() => null!.x, () => JSON.parse("{"), () => { throw new Error("x") }, () => [1].map(() => { throw new TypeError("in map") }), () => new Array(-1)] as any[]) { try { f() } catch (e: any) { stacks.push(e.stack) } }
      return stacks`)

    for (const stack of run.value as Array<string>) {
      assert.match(stack, /^\w+: .*\n {4}at /)
      assert.notMatch(stack, /machine|node:|\/work\/|vitest|evaluate/)
    }
  })
})
