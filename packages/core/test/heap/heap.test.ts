import { difference } from "@rappel/test/kit/difference"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { decodeHeap } from "../../src/heap/decodeHeap.ts"
import { encodeHeap } from "../../src/heap/encodeHeap.ts"
import type { HeapHost } from "../../src/heap/HeapHost.ts"
import { NotStorable } from "../../src/heap/NotStorable.ts"
import { graph } from "./graphs.ts"

/** The value after a way through text; fails unless it is the same, in value and in text. */
const roundTrip = <A>(value: A, host?: HeapHost): A => {
  const text = encodeHeap([value], host)
  const back = decodeHeap(text, host)
  expect(encodeHeap(back, host)).toBe(text)
  expect(difference(value, back[0])).toBeUndefined()
  return back[0] as A
}

const build = <A>(value: A, change: (value: A) => void): A => {
  change(value)
  return value
}

describe("a heap keeps", () => {
  const sharedBuffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer
  const shared = { same: true }
  const url = new URL("https://example.org/a?b=1#c")
  const cases: Readonly<Record<string, unknown>> = {
    "undefined": undefined,
    "null": null,
    "not a number": NaN,
    "infinities": [Infinity, -Infinity],
    "negative zero": [-0, 0],
    "bigints": [0n, -(2n ** 200n)],
    "registered symbols": Symbol.for("rappel/x"),
    "well-known symbols": [Symbol.iterator, Symbol.asyncIterator],
    "lone surrogates": ["\ud800", "\udc00x", "😀"],
    "control and quote characters": "\u0000\u001f\"\\\u2028\n",
    "holes": [, 1, , 3, ,],
    "a long sparse array": build([], (a: Array<unknown>) => {
      a[1_000_000] = "far"
    }),
    "an empty array with a length": Array.from<unknown>({ length: 0 }).concat(new Array(100_000)),
    "properties of arrays": build([1, 2], (a: Array<unknown>) => {
      Object.assign(a, { extra: "x", "-1": 2, "01": 3, [Symbol.for("k")]: 4 })
    }),
    "hidden properties of short arrays": Object.defineProperty([1], "hidden", { value: 1 }),
    "properties of long arrays": Object.assign(Array.from({ length: 100 }, (_, at) => at), {
      extra: 1
    }),
    "matches of regular expressions": /(?<year>\d{4})/.exec("in 2026")!,
    "elements with attributes": Object.defineProperty([1, 2], 0, { value: 1, writable: false }),
    "arrays of fixed length": Object.defineProperty([1, 2], "length", { writable: false }),
    "closed empty arrays": [Object.freeze([]), Object.seal([]), Object.preventExtensions([])],
    "frozen arrays": Object.freeze([1, [2]]),
    "sealed arrays": Object.seal([1]),
    "closed arrays": Object.preventExtensions([1, , 3]),
    "integer keys": { b: 1, 2: "two", 1: "one" },
    "the key __proto__": JSON.parse("{\"__proto__\": {\"x\": 1}, \"y\": 2}"),
    "symbol keys": { [Symbol.for("a")]: 1, b: 2, [Symbol.toStringTag]: "Mine" },
    "attributes": Object.defineProperties({ a: 1 }, {
      hidden: { value: 1 },
      fixed: { value: [2], enumerable: true, configurable: true },
      last: { value: 3, writable: true, enumerable: true }
    }),
    "frozen objects": Object.freeze({ a: { b: 1 } }),
    "sealed objects": Object.seal({ a: 1 }),
    "closed objects": Object.preventExtensions({ a: 1 }),
    "frozen empty objects": Object.freeze({}),
    "frozen objects with symbol keys": Object.freeze({ a: 1, [Symbol.for("b")]: 2 }),
    "no prototype": build(Object.create(null) as object, (o) => Object.assign(o, { a: 1 })),
    "frozen without prototype": Object.freeze(Object.create(null) as object),
    "builtin prototypes": [
      Object.create(Map.prototype) as object,
      Object.create(Array.prototype) as object,
      Object.setPrototypeOf([1], null) as object,
      Object.setPrototypeOf([2], Object.prototype) as object
    ],
    "prototypes as values": [Map.prototype, RegExp.prototype].map((p) => ({
      is: p.constructor.name
    })),
    "dates": [new Date(0), new Date(NaN), new Date(-1), Object.assign(new Date(5), { note: "x" })],
    "regular expressions": build(/a"\/\n/giu, (r) => {
      r.lastIndex = 7
    }),
    "frozen regular expressions": Object.freeze(/x/g),
    "odd lastIndex": Object.assign(/x/y, { lastIndex: -0 }),
    "maps": new Map<unknown, unknown>([[shared, 1], ["k", shared], [NaN, NaN], [undefined, null]]),
    "sets": new Set<unknown>([shared, shared, -0, "x"]),
    "frozen maps": Object.freeze(new Map([[1, 2]])),
    "array buffers": sharedBuffer,
    "empty buffers": [new ArrayBuffer(0), new Uint8Array(0)],
    "views of one buffer": [
      new Uint8Array(sharedBuffer, 1, 3),
      new Int16Array(sharedBuffer, 2, 2),
      new DataView(sharedBuffer, 3),
      new BigInt64Array(sharedBuffer)
    ],
    "all typed arrays": [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array
    ].map((Typed) => Typed.from([1, 2, 255])),
    "special floats": Float64Array.from([NaN, -0, Infinity]),
    "boxed primitives": [
      Object(1),
      Object(-0),
      Object("text"),
      Object(true),
      Object(1n),
      Object(Symbol.iterator),
      Object.assign(Object("x") as object, { note: 1 })
    ],
    "addresses": url,
    "an address and its query": [url, url.searchParams, url],
    "a query before its address": [url.searchParams, { url }],
    "queries": new URLSearchParams("a=1&a=2&b=%20"),
    "errors": new TypeError("no"),
    "errors without message": new Error(),
    "causes": new Error("outer", { cause: new RangeError("inner", { cause: "text" }) }),
    "causes that are undefined": new Error("x", { cause: undefined }),
    "aggregates": new AggregateError([new Error("a"), 5], "several"),
    "fields of errors": Object.assign(new SyntaxError("x"), {
      code: "E",
      at: { line: 3 },
      name: "Mine"
    }),
    "error cycles": build(new Error("self"), (e) => {
      e.cause = { e }
    }),
    "errors without stack": build(new Error("x"), (e) => {
      delete (e as { stack?: unknown }).stack
    }),
    "odd stacks": Object.assign(new Error("x"), { stack: [1] }),
    "frozen errors": Object.freeze(new Error("x")),
    "aborts": new DOMException("stopped", "AbortError"),
    "aliases": [shared, { again: shared }, [shared]],
    "cycles": build({ self: null as unknown, list: [] as Array<unknown> }, (o) => {
      o.self = o
      o.list.push(o.list, o)
    }),
    "maps that hold themselves": build(new Map<unknown, unknown>(), (m) => m.set(m, [m])),
    "a property named like a tag": { o: ["u"], h: ["h"], $rappel: [0] }
  }
  it.each(Object.entries(cases))("%s", (_name, value) => {
    roundTrip(value)
    roundTrip([value, value])
    roundTrip({ [Symbol.for("in")]: value })
  })

  it("the date, pattern and text inside, not only their looks", () => {
    const [date, pattern, text] = roundTrip([new Date(7), /b+/y, Object("ab") as string])
    expect(date.toISOString()).toBe("1970-01-01T00:00:00.007Z")
    expect("abb".match(pattern)).toBeNull()
    expect(text.toUpperCase()).toBe("AB")
  })

  it("an address that goes on with its query", () => {
    const [query, url] = roundTrip((() => {
      const url = new URL("https://example.org/?a=1")
      return [url.searchParams, url] as const
    })())
    query.set("a", "2")
    expect(url.href).toBe("https://example.org/?a=2")
  })

  it("roots in their order, and what they share", () => {
    const part = {}
    const roots = decodeHeap(encodeHeap([part, 1, [part]]))
    expect(roots).toHaveLength(3)
    expect((roots[2] as Array<unknown>)[0]).toBe(roots[0])
  })

  it("structures of any depth", () => {
    let nested: unknown = "bottom"
    for (let at = 0; at < 100_000; at++) nested = at % 2 === 0 ? [nested] : { nested }
    const text = encodeHeap([nested])
    let back = decodeHeap(text)[0]
    expect(encodeHeap([back])).toBe(text)
    for (let at = 0; at < 100_000; at++) {
      back = Array.isArray(back) ? back[0] : (back as { nested: unknown }).nested
    }
    expect(back).toBe("bottom")
  })

  it("any graph of data, and gives the same text for it again", () => {
    FastCheck.assert(
      FastCheck.property(graph, (value) => {
        roundTrip(value)
      }),
      { numRuns: 500 }
    )
  })
})

describe("a heap refuses", () => {
  class Client {}
  const cases: ReadonlyArray<readonly [unknown, string, string, string]> = [
    [{ order: { client: new Client() } }, "order.client", "Client", "plain data"],
    [[0, 1, { x: () => 1 }], "[2].x", "function x", "call it before"],
    [{ "a-b": class Money {} }, "[\"a-b\"]", "class Money", "pass data"],
    [[Promise.resolve(1)], "[0]", "Promise", "await it first"],
    [new Map([["k", [new WeakMap()]]]), ".get(\"k\")[0]".slice(1), "WeakMap", "use a Map"],
    [new Map([[new WeakSet(), 1]]), "keys()[0]", "WeakSet", "use a Set"],
    [new Map([[{}, new Client()]]), "values()[0]", "Client", "plain data"],
    [{ s: Symbol("own") }, "s", "symbol \"own\"", "Symbol.for"],
    [{ [Symbol("key")]: 1 }, "[Symbol(key)]", "symbol \"key\"", "Symbol.for"],
    [
      {
        get x() {
          return 1
        }
      },
      "get x",
      "function get x",
      "pass data"
    ],
    [Object.assign(new Error("e"), { request: new Client() }), "request", "Client", "plain data"],
    [[1, 2].values(), "", "Array Iterator", "Array.from"],
    [{ g: (function*() {})() }, "g", "Generator", "Array.from"],
    [new SharedArrayBuffer(1), "", "SharedArrayBuffer", "copy its bytes"],
    [Object.create({ inherited: 1 }), "", "Object", "plain data"]
  ]
  it.each(cases)("%o at %s", (value, path, className, remedy) => {
    const refusal = (() => {
      try {
        encodeHeap([value])
      } catch (error) {
        return error
      }
      return undefined
    })()
    expect(refusal).toBeInstanceOf(NotStorable)
    expect(refusal).toMatchObject({ path, className, name: "ValueNotStorable" })
    const { message } = refusal as Error
    expect(message).toContain(path === "" ? "The value is " : `\`${path}\` is `)
    expect(message).toContain(className)
    expect(message).toContain(remedy)
  })

  it("texts that are no heap", () => {
    for (
      const text of [
        "1",
        "[]",
        "[1,[],[]",
        "[2,[],[]]",
        "[1,[[0]],[]]",
        "[1,[],[[\"Z\",0]]]",
        "[1,[[\"z\"]],[]]",
        "[1,[],[[\"@own\"]]]",
        "[1,[],[[\"o\",{},{\"p\":\"Function\"}]]]",
        "[1,[],[[\"o\",{},{\"p\":\"Promise\"}]]]",
        "[1,[],[5]]",
        "[1,[],[null]]",
        "[1,[],[[\"e\",[\"Map\",null]]]]",
        "[1,[],[[\"v\",[\"constructor\",[0],0,0]]]]"
      ]
    ) {
      expect(() => decodeHeap(text), text).toThrow(text === "[1,[],[]" ? SyntaxError : TypeError)
    }
  })
})

describe("a host", () => {
  class Point {
    x: number
    constructor(x: number) {
      this.x = x
    }
  }
  class Bag extends Map<unknown, unknown> {
    label = "bag"
  }
  class Declined extends Error {
    override name = "Declined"
    readonly code = 7
  }
  const UNSET = Symbol("unset")
  const classes: Readonly<Record<string, object>> = {
    Point: Point.prototype,
    Bag: Bag.prototype,
    Declined: Declined.prototype
  }
  const load = () => "loaded"
  const host: HeapHost = {
    encode: (object, out) =>
      object === load
        ? ["@load", out.properties(object, (key) => key === "length" || key === "name")]
        : undefined,
    shell: () => load,
    fill: (object, node, heap) => heap.defineProperties(object, node[1]!),
    encodePrototype: (prototype) =>
      Object.keys(classes).find((name) => classes[name] === prototype),
    decodePrototype: (name) => classes[name as string],
    encodeSymbol: (symbol) => symbol === UNSET ? "unset" : undefined,
    decodeSymbol: () => UNSET,
    uniqueSymbols: true
  }

  it("adds nodes of its own, also as accessors and with properties", () => {
    const held = { load, other: [load] }
    Object.defineProperty(held, "late", { get: load, configurable: true })
    const back = roundTrip(held, host)
    expect((back as unknown as { late: string }).late).toBe("loaded")
  })

  it("names prototypes, of plain instances and of subclasses of builtins", () => {
    const [point, bag, declined] = roundTrip([
      new Point(3),
      new Bag([["a", 1]]),
      new Declined("no")
    ], host) as [Point, Bag, Declined]
    expect(point).toBeInstanceOf(Point)
    expect(bag).toBeInstanceOf(Bag)
    expect(bag.get("a")).toBe(1)
    expect(declined).toMatchObject({ code: 7, name: "Declined", message: "no" })
  })

  it("names sentinels, and keeps the identity of symbols that nothing names", () => {
    const mine = Symbol("mine")
    const text = encodeHeap([UNSET, mine, { [mine]: mine }], host)
    const [unset, back, object] = decodeHeap(text, host) as [symbol, symbol, object]
    expect(unset).toBe(UNSET)
    expect(back).not.toBe(mine)
    expect(back.description).toBe("mine")
    expect(Reflect.ownKeys(object)).toEqual([back])
    expect(Reflect.get(object, back)).toBe(back)
    expect(encodeHeap([unset, back, object], host)).toBe(text)
  })

  it("starts a path anew at a variable", () => {
    const frame = { names: ["order"], values: [{ client: Promise.resolve() }] }
    const frames: HeapHost = {
      encode: (object, out) =>
        object === frame
          ? [
            "@frame",
            ...frame.values.map((value, at) => out.val(value, { variable: frame.names[at]! }))
          ]
          : undefined
    }
    expect(() => encodeHeap([[[frame]]], frames)).toThrow("`order.client` is a Promise")
  })

  it("may have undefined written for what is refused", () => {
    const refused: Array<string> = []
    const text = encodeHeap([{ a: 1, f: () => 1, [Symbol("s")]: 2, list: [Promise.resolve()] }], {
      replaces: ({ path }) => refused.push(path) > 0
    })
    expect(decodeHeap(text)).toEqual([{ a: 1, f: undefined, list: [undefined] }])
    expect(refused).toEqual(["[Symbol(s)]", "f", "list[0]"])
  })

  it("may keep only the bytes that views show", () => {
    const pool = new Uint8Array(64).fill(9)
    pool.set([1, 2, 3, 4], 20)
    const text = encodeHeap([[
      new Uint8Array(pool.buffer, 21, 2),
      new Uint8Array(pool.buffer, 22, 2)
    ]], {
      visibleBytesOnly: true
    })
    const [[a, b]] = decodeHeap(text) as [[Uint8Array, Uint8Array]]
    expect([...a, ...b]).toEqual([2, 3, 3, 4])
    expect(a.buffer).toBe(b.buffer)
    expect(a.buffer.byteLength).toBeLessThan(16)
    expect(encodeHeap([[a, b]], { visibleBytesOnly: true })).toBe(text)
    const whole = decodeHeap(encodeHeap([[new Uint8Array(pool.buffer, 21, 2), pool.buffer]], {
      visibleBytesOnly: true
    }))[0] as [Uint8Array, ArrayBuffer]
    expect(whole[0].byteOffset).toBe(21)
    expect(whole[0].buffer).toBe(whole[1])
  })

  it("whose shells need themselves is told so", () => {
    const cyclic: HeapHost = {
      shell: (node, heap) => heap.val(node[1]!) as object
    }
    expect(() => decodeHeap("[1,[[0]],[[\"@a\",[1]],[\"@b\",[0]]]]", cyclic)).toThrow(
      "to make itself"
    )
  })
})
