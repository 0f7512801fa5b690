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
import { type Completion, UNSET } from "./signals.ts"

/** Gives the value of an expression, or `SUSPENDED`, or `SKIPPED` within an optional chain. */
export type Evaluate = (E: Env, F: Frame) => unknown
/** Runs a statement; `undefined` when it reached its end. */
export type Execute = (E: Env, F: Frame) => Completion | undefined

export interface Limits {
  readonly fuelPerStep: number
  readonly maxStateBytes: number
}

export class LoadedProgram {
  readonly file: ProgramFile
  readonly program: Program
  readonly codes: ReadonlyArray<Code>
  readonly limits: Limits

  constructor(file: ProgramFile, limits: Limits) {
    this.file = file
    this.program = file.program
    this.limits = limits
    this.codes = file.program.functions.map((node) => new Code(this, node))
    for (const { ctor, members, n } of file.program.classes) {
      if (ctor !== undefined) this.codes[ctor]!.stackName = `new ${n || "<anonymous>"}`
      for (const { f } of members) {
        if (f !== undefined && n !== "") this.codes[f]!.stackName = `${n}.${this.codes[f]!.node.n}`
      }
    }
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
  /** How a stack names it; methods have their class in front. */
  stackName: string
  readonly makeEnv: (outer: unknown) => Env
  /** Binds the parameters of a generator, if the body does not. */
  heads: Execute | undefined
  /** Set when it was compiled. */
  body: Execute | undefined
  /** Instead of running the body, for functions that only give a value. */
  value: Evaluate | undefined
  /** How deep its evaluators nest: what a call takes of the stack. */
  weight: number
  #usesLexical: boolean | undefined

  constructor(program: LoadedProgram, node: FunctionNode) {
    this.program = program
    this.node = node
    this.stackName = node.n
    this.makeEnv = envMaker(node.size, node.tdz)
    this.heads = undefined
    this.body = undefined
    this.value = undefined
    this.weight = 0
    this.#usesLexical = undefined
  }

  compile(): void {
    const { body, heads, value, weight } = compileFunction(this)
    this.heads = heads
    this.body = body
    this.value = value
    this.weight = weight
  }

  /** Some of the statements of the body, as one. */
  part(from: number, to: number): Execute {
    const { body } = this.node
    const block = body.t === "Blk" ? body : { t: "Blk" as const, b: [body] }
    return compileStatement(this, { ...block, b: block.b.slice(from, to) })
  }

  /** Whether an arrow needs `this`, `super`, `arguments` or `new.target` of the function around it. */
  get usesLexical(): boolean {
    return this.#usesLexical ??= usesLexical(this.node.body, this.program)
  }
}

const LEXICAL = new Set(["This", "Super", "SuperCall", "Args", "NewTarget"])

const usesLexical = (tree: unknown, program: LoadedProgram): boolean => {
  if (typeof tree !== "object" || tree === null) return false
  if (Array.isArray(tree)) return tree.some((part) => usesLexical(part, program))
  const { f, t } = tree as { readonly t?: string; readonly f?: number }
  if (t !== undefined && LEXICAL.has(t)) return true
  if (t === "Fn") {
    const inner = program.codes[f!]!
    return inner.node.arrow === 1 && inner.usesLexical
  }
  return Object.values(tree).some((part) => usesLexical(part, program))
}

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
