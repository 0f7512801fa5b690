/**
 * A program made ready to run: its functions as closures over their nodes.
 *
 * A function is compiled when it is first entered. What comes of it belongs to the program
 * and serves all its instances: evaluators take the environment and the frame, and reach the
 * instance through `running`.
 *
 * @since 0.1.0
 */
import type { FunctionNode, Program, ProgramFile } from "../program/Program.ts"
import { compileFunction, compileStatement } from "./compile.ts"
import type { Env, Frame } from "./Frame.ts"
import { INSTANCE_INITIALISER, STATIC_INITIALISER } from "./frameName.ts"
import { mentions } from "./mentions.ts"
import type { Policy } from "./Model.ts"
import { boundByCall, needsArguments } from "./parameters.ts"
import { type Completion, UNSET } from "./signals.ts"
import type { Watch } from "./Watchdog.ts"

/** Gives the value of an expression, or `SUSPENDED`, or `SKIPPED` within an optional chain. */
export type Evaluate = (E: Env, F: Frame) => unknown
/** Runs a statement; `undefined` when it reached its end. */
export type Execute = (E: Env, F: Frame) => Completion | undefined

export interface Limits {
  readonly fuelPerStep: number
  readonly maxStateBytes: number
  readonly maxValueLength: number
  readonly watch: Watch | undefined
  /** What calls have that say nothing else. */
  readonly policy: Policy | undefined
}

/** A module as it is to be run: its functions that are hoisted first, of all modules before the rest. */
export interface Initial {
  readonly at: number
  readonly code: Code
  /** How many of its statements are hoisted. */
  readonly hoisted: number
}

export class LoadedProgram {
  /** In which order the modules run that an instance begins with, by the one that needs them. */
  readonly initialOrders = new Map<number, ReadonlyArray<Initial>>()
  readonly file: ProgramFile
  readonly program: Program
  readonly codes: ReadonlyArray<Code>
  readonly limits: Limits
  readonly #implicit = new Map<number, Code>()
  readonly #policies: Array<Policy | undefined> = []

  constructor(file: ProgramFile, limits: Limits) {
    this.file = file
    this.program = file.program
    this.limits = limits
    this.codes = file.program.functions.map((node, at) => new Code(this, node, at))
    for (const { ctor, members, n } of file.program.classes) {
      if (ctor !== undefined) {
        const code = this.codes[ctor]!
        code.constructs = true
        code.stackName = n || (code.node.dn ?? "")
      }
      for (const { f, kind, st } of members) {
        if (f === undefined) continue
        const code = this.codes[f]!
        if (kind === "field") code.constructs = true
        if (kind === "field" || kind === "block") {
          code.stackName = st === 1 ? STATIC_INITIALISER : INSTANCE_INITIALISER
        }
      }
    }
  }

  /** What calls of an action have that say nothing else: one object for all of them. */
  policyOf(action: number): Policy {
    return this.#policies[action] ??= {
      ...this.limits.policy,
      ...this.program.actions[action]!.policy
    }
  }

  /** Of a class without a constructor, for its frames in stacks: it is never run. */
  implicitConstructor(index: number): Code {
    const known = this.#implicit.get(index)
    if (known !== undefined) return known
    const { dn, n, p } = this.program.classes[index]!
    const code = new Code(this, {
      n,
      ...(dn === undefined ? {} : { dn }),
      k: "sync",
      len: 0,
      size: 1,
      tdz: [],
      slots: 0,
      names: [],
      body: { t: "Blk", b: [] },
      p
    }, -1)
    this.#implicit.set(index, code)
    return code
  }

  /** `src/greeting.ts:12:5` */
  where(position: number): string {
    const [module, line, column] = this.file.positions[position] ?? [0, 0, 0]
    return `${this.program.modules[module]?.file ?? "?"}:${line}:${column}`
  }
}

export class Code {
  readonly program: LoadedProgram
  readonly node: FunctionNode
  /** Among the functions of the program; -1 for one that it does not have. */
  readonly index: number
  /** What a task of it begins with. */
  readonly slots: ReadonlyArray<unknown>
  /** A constructor or the initialiser of a field: the machine does more around it. */
  constructs: boolean
  /** How a stack names it, without what it was called on; "" where its function knows. */
  stackName: string
  readonly makeEnv: (outer: unknown) => Env
  /** How many parameters a call binds in the environment, from its second item on. */
  readonly bound: number
  /** Binds the parameters of a generator, if the body does not. */
  heads: Execute | undefined
  /** Runs a function that suspends. */
  body: Execute | undefined
  /** Runs one that does not, for what it returns. */
  result: Evaluate | undefined
  isCompiled: boolean
  /** How deep its evaluators nest: what a call takes of the stack. */
  weight: number
  readonly #parts = new Map<string, Execute>()
  #usesLexical: boolean | undefined
  #usesArguments: boolean | undefined
  #needsArguments: boolean | undefined

  constructor(program: LoadedProgram, node: FunctionNode, index: number) {
    this.program = program
    this.node = node
    this.index = index
    this.slots = Array.from({ length: node.slots }).fill(0)
    this.constructs = false
    this.stackName = node.n || (node.dn ?? "")
    this.makeEnv = envMaker(node.size, node.tdz)
    this.bound = boundByCall(node)
    this.heads = undefined
    this.body = undefined
    this.result = undefined
    this.isCompiled = false
    this.weight = 0
    this.#usesLexical = undefined
    this.#usesArguments = undefined
    this.#needsArguments = undefined
  }

  compile(): void {
    const { body, heads, result, weight } = compileFunction(this)
    this.isCompiled = true
    this.heads = heads
    this.body = body
    this.result = result
    this.weight = weight
  }

  /** Some of the statements of the body, as one; every instance begins with those of its modules. */
  part(from: number, to: number): Execute {
    const key = `${from} ${to}`
    let part = this.#parts.get(key)
    if (part === undefined) {
      const { body } = this.node
      const block = body.t === "Blk" ? body : { t: "Blk" as const, b: [body] }
      part = compileStatement(this, { ...block, b: block.b.slice(from, to) })
      this.#parts.set(key, part)
    }
    return part
  }

  /** Whether an arrow needs `this`, `super`, `arguments` or `new.target` of the function around it. */
  get usesLexical(): boolean {
    return this.#usesLexical ??= this.#mentions(LEXICAL, (arrow) => arrow.usesLexical)
  }

  /** Whether a call that has bound parameters must keep what it was given. */
  get needsArguments(): boolean {
    return this.#needsArguments ??= needsArguments(this)
  }

  /** Whether the function, or an arrow in it, has the `arguments` object. */
  get usesArguments(): boolean {
    return this.#usesArguments ??= this.#mentions(ARGUMENTS, (arrow) => arrow.usesArguments)
  }

  #mentions(kinds: ReadonlySet<string>, inArrow: (arrow: Code) => boolean): boolean {
    return mentions(this.node.body, kinds, this.program.codes, inArrow)
  }
}

const LEXICAL = new Set(["This", "Super", "SuperCall", "Args", "NewTarget"])

const ARGUMENTS = new Set(["Args"])

/**
 * Makes environments of a scope: `size` items, the one outside first, `unset` in their dead
 * zone. Array literals, so that no environment has holes.
 */
export const envMaker = (
  size: number,
  unset: ReadonlyArray<number>
): (outer: unknown) => Env => {
  const model = Array.from(
    { length: Math.max(size, 1) },
    (_, at) => unset.includes(at) ? UNSET : undefined
  )
  const [, a, b, c, d] = model
  switch (model.length) {
    case 1:
      return (outer) => [outer]
    case 2:
      return (outer) => [outer, a]
    case 3:
      return (outer) => [outer, a, b]
    case 4:
      return (outer) => [outer, a, b, c]
    case 5:
      return (outer) => [outer, a, b, c, d]
    default:
      return (outer) => {
        const env: Env = model.slice()
        env[0] = outer
        return env
      }
  }
}
