/**
 * What a generator of programs knows while it writes one: names in scope, the function it is
 * in, and how much it may still write.
 *
 * @since 0.1.0
 */
import type { Random } from "../Random.ts"
import { ex, type Tree, type Type } from "../Tree.ts"

/** What instances of a class, or objects with methods, can be asked for; all of it numbers. */
export interface Shape {
  readonly methods: ReadonlyArray<string>
  readonly asyncMethods: ReadonlyArray<string>
  /** Readable and writable. */
  readonly fields: ReadonlyArray<string>
  readonly privates: ReadonlyArray<string>
  readonly statics: ReadonlyArray<string>
  readonly isIterable: boolean
}

export interface Variable {
  readonly name: string
  readonly type: Type
  readonly isConst: boolean
  readonly shape?: Shape
}

export interface FunctionContext {
  readonly isAsync: boolean
  readonly isGenerator: boolean
  /** Parameters and initialisers of fields: no `await` and no `yield` may stand there. */
  readonly isHead?: boolean
  readonly hasArguments?: boolean
  readonly self?: Shape | undefined
  readonly hasSuper?: boolean
  /** Loops and blocks that a jump may name; `isLoop` for `continue`. */
  readonly labels: ReadonlyArray<{ readonly label: string; readonly isLoop: boolean }>
  /** Innermost of: a loop, a switch. */
  readonly breakable: boolean
  readonly continuable: boolean
  readonly returns: "num" | "nothing" | "no"
}

export type Producer = (g: Gen) => Tree
export type Table = ReadonlyArray<readonly [weight: number, produce: Producer]>

const DEEPEST = 5

export class Gen {
  readonly random: Random
  readonly expressions: Readonly<Partial<Record<Type, Table>>>
  readonly #statements: (g: Gen) => Tree
  variables: Array<Variable> = []
  context: FunctionContext
  /** Nodes that may still be made; below zero only leaves are. */
  left: number
  depth = 0
  /** Nesting of statements. */
  nesting = 0
  #names = 0

  constructor(
    random: Random,
    size: number,
    expressions: Gen["expressions"],
    statements: (g: Gen) => Tree
  ) {
    this.random = random
    this.left = size
    this.expressions = expressions
    this.#statements = statements
    this.context = {
      isAsync: true,
      isGenerator: false,
      labels: [],
      breakable: false,
      continuable: false,
      returns: "num"
    }
  }

  chance(probability: number): boolean {
    return this.random.chance(probability)
  }

  name(prefix: string): string {
    return `${prefix}${++this.#names}`
  }

  get canAwait(): boolean {
    return this.context.isAsync && this.context.isHead !== true
  }

  get canYield(): boolean {
    return this.context.isGenerator && this.context.isHead !== true
  }

  of(type: Type, isMutable = false): ReadonlyArray<Variable> {
    return this.variables.filter((each) => each.type === type && !(isMutable && each.isConst))
  }

  /** A name in scope of that type, if there is one; later ones are likelier. */
  variable(type: Type, isMutable = false): Variable | undefined {
    const found = this.of(type, isMutable)
    if (found.length === 0) return undefined
    return found[Math.max(this.random.below(found.length), this.random.below(found.length))]
  }

  declare(name: string, type: Type, isConst = true, shape?: Shape): void {
    this.variables.push({ name, type, isConst, ...(shape === undefined ? {} : { shape }) })
  }

  /** What is declared inside is gone afterwards. */
  scoped<A>(body: () => A): A {
    const count = this.variables.length
    try {
      return body()
    } finally {
      this.variables.length = count
    }
  }

  within<A>(context: Partial<FunctionContext>, body: () => A): A {
    const outer = this.context
    this.context = { ...outer, ...context }
    try {
      return body()
    } finally {
      this.context = outer
    }
  }

  /** Inside of a function with a `this` of its own; its variables end with it. */
  inFunction<A>(context: Partial<FunctionContext>, body: () => A): A {
    return this.inArrow({ self: undefined, hasSuper: false, hasArguments: false, ...context }, body)
  }

  inArrow<A>(context: Partial<FunctionContext>, body: () => A): A {
    return this.scoped(() =>
      this.within({
        isAsync: false,
        isGenerator: false,
        isHead: false,
        labels: [],
        breakable: false,
        continuable: false,
        returns: "num",
        ...context
      }, body)
    )
  }

  /** Of a head of a function: parameters, initialisers. */
  inHead<A>(body: () => A): A {
    return this.within({ isHead: true }, body)
  }

  expression(type: Type): Tree {
    this.left--
    const table = this.expressions[type]
    if (table === undefined || this.left <= 0 || this.depth >= DEEPEST) return this.leaf(type)
    this.depth++
    const made = this.chance(0.25) ? this.leaf(type) : this.random.weighted(table)(this)
    this.depth--
    return this.suspending(made)
  }

  /** Sometimes with an await or a yield around it. */
  suspending(tree: Tree): Tree {
    if (this.canYield && tree.type === "num" && this.chance(0.08)) {
      return ex("yield.expression", "num")`Number((yield ${tree}) ?? 1)`
    }
    if (!this.canAwait || !this.chance(0.14)) return tree
    if (ECHOED.has(tree.type) && this.chance(0.6)) {
      return this.chance(0.85)
        ? ex("await.action", tree.type)`(await echo(${tree}))`
        : ex(
          "await.action.policy",
          tree.type
        )`(await echo.with({ retry: { attempts: 2 } })(${tree}))`
    }
    return tree.type === "prom" ? tree : ex("await.value", tree.type)`(await ${tree})`
  }

  num = (): Tree => this.expression("num")

  leaf(type: Type): Tree {
    const variable = this.chance(0.75) ? this.variable(type) : undefined
    if (variable !== undefined) return ex("variable", type)`${variable.name}`
    const text = this.random.pick(LITERALS[type] ?? ["0"])
    return ex(`literal.${type}`, type)`${text}`
  }

  /** A whole number that is small. */
  small(): Tree {
    return this.chance(0.5)
      ? ex("literal.num", "num")`${this.random.below(4)}`
      : ex("bin.bits", "num")`(${this.num()} & 3)`
  }

  statement(): Tree {
    this.left--
    this.nesting++
    try {
      return this.#statements(this)
    } finally {
      this.nesting--
    }
  }

  /** Up to `most` statements in a scope of their own. */
  block(most = 3): ReadonlyArray<Tree> {
    return this.scoped(() => {
      const count = this.left <= 0 || this.nesting > 4 ? 1 : 1 + this.random.below(most)
      return Array.from({ length: count }, () => this.statement())
    })
  }
}

/** Data that actions take and give. */
const ECHOED: ReadonlySet<Type> = new Set<Type>([
  "num",
  "str",
  "bool",
  "big",
  "arr",
  "map",
  "set",
  "date"
])

const LITERALS: Readonly<Partial<Record<Type, ReadonlyArray<string>>>> = {
  num: [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "(-1)",
    "0.5",
    "(-0)",
    "1_000",
    "0x1f",
    "0b101",
    "1e21",
    "NaN"
  ],
  str: ["\"\"", "\"a\"", "'bc'", "\"a-b-a\"", "\"ünï\"", "\"\\u{1F600}x\"", "\"10\"", "'it\\'s'"],
  bool: ["true", "false"],
  big: ["0n", "1n", "3n", "(-7n)", "12345678901234567890n"],
  arr: ["[]", "[1]", "[3, 1, 2]", "[10, 9, 1, , 5]", "[0, -0, NaN]"],
  obj: ["{}", "{ a: 1, b: 2 }", "{ b: 3, 2: 4, 1: 5 }", "{ a: null, c: undefined }"].map((text) =>
    `(${text})`
  ),
  map: ["new Map()", "new Map([[\"a\", 1], [\"b\", 2]])", "new Map([[1, 2], [NaN, 3]])"],
  set: ["new Set()", "new Set([1, 2, 3])", "new Set([\"a\", \"b\"])"],
  date: [
    "new Date(0)",
    "new Date(86400000)",
    "new Date(\"2024-02-29T12:00:00Z\")",
    "new Date(NaN)"
  ],
  re: ["/a/g", "/(?<first>\\w)(\\d)?/", "/[ab]+/giy", "/\\b/u"],
  typed: ["new Uint8Array([1, 2, 300])", "new Int16Array(3)", "new Float64Array([0.5, -0])"],
  err: ["new Error(\"e\")", "new TypeError(\"t\")", "new RangeError()"],
  prom: ["Promise.resolve(1)", "echo(2)", "sleep(3)"],
  fn: ["((n) => n)", "Math.abs", "(function () { return 4 })"],
  afn: ["(async (n) => n)", "echo"],
  gen: ["(function* (n) { yield n; yield 2 })"],
  agen: ["(async function* (n) { yield n; yield 2 })"]
}
