/**
 * Turns the nodes of a function into closures, one per node.
 *
 * Every kind of node has a factory of its name in `evaluate/`. What is known of a node is
 * settled when its closure is made: operators, depths of variables, numbers of arguments,
 * whether it can suspend. A node that cannot suspend costs nothing for those that can.
 *
 * @since 0.1.0
 */
import type { Expression } from "../program/Expression.ts"
import type { FunctionKind, FunctionNode } from "../program/Program.ts"
import type { Statement } from "../program/Statement.ts"
import type { Code, Evaluate, Execute, LoadedProgram } from "./Code.ts"
import { expressionKinds } from "./evaluate/expressionKinds.ts"
import { resultOf } from "./evaluate/results.ts"
import { statementKinds } from "./evaluate/statementKinds.ts"
import { BINDING_DEPTH, withoutBound } from "./parameters.ts"

/** What a factory of evaluators is given besides its node. */
export interface Compiler {
  readonly program: LoadedProgram
  /** Of the function that is being compiled. */
  readonly kind: FunctionKind
  readonly isArrow: boolean
  readonly isDerived: boolean
  readonly expression: (node: Expression) => Evaluate
  readonly expressions: (nodes: ReadonlyArray<Expression>) => ReadonlyArray<Evaluate>
  readonly statement: (node: Statement) => Execute
  /** A statement of a function that cannot suspend, run for what it returns. */
  readonly result: (node: Statement) => Evaluate
}

type Factory<Node, Made> = (node: Node, compiler: Compiler) => Made

export type ExpressionKinds = {
  readonly [T in Expression["t"]]: Factory<Extract<Expression, { readonly t: T }>, Evaluate>
}

export type StatementKinds = {
  readonly [T in Statement["t"]]: Factory<Extract<Statement, { readonly t: T }>, Execute>
}

/**
 * What a call takes of the host's stack beside its nested evaluators, in frames of one: found
 * by counting how deep calls nest until V8's own stack is full (`limits.test.ts`).
 */
const CALL_WEIGHT = 2
const SUSPENDING_WEIGHT = 6
const CONSTRUCTING_WEIGHT = 8

/** Kinds whose evaluators call a helper of their own on the way to their parts. */
const EXTRA_WEIGHT: Readonly<Record<string, number>> = {
  ForOf: 2,
  ForIn: 2,
  Try: 1,
  New: 2,
  Obj: 1
}

/** A compiler for the nodes of a function, which notes how deep they nest. */
const compilerFor = ({ node, program }: Code): Compiler & { readonly deepest: () => number } => {
  let level = 0
  let deepest = 0
  const nested = <A>(kind: string, make: () => A): A => {
    const weight = 1 + (EXTRA_WEIGHT[kind] ?? 0)
    level += weight
    if (level > deepest) deepest = level
    const made = make()
    level -= weight
    return made
  }
  const compiler: Compiler = {
    program,
    kind: node.k,
    isArrow: node.arrow === 1,
    isDerived: node.derived === 1,
    expression: (inner) => {
      const factory = expressionKinds[inner.t] as Factory<Expression, Evaluate> | undefined
      if (factory === undefined) throw unknown(inner.t)
      return nested(inner.t, () => factory(inner, compiler))
    },
    expressions: (inner) => inner.map(compiler.expression),
    statement: (inner) => {
      const factory = statementKinds[inner.t] as Factory<Statement, Execute> | undefined
      if (factory === undefined) throw unknown(inner.t)
      return nested(inner.t, () => factory(inner, compiler))
    },
    result: (inner) => nested(inner.t, () => resultOf(inner, compiler))
  }
  return { ...compiler, deepest: () => deepest }
}

export const compileStatement = (code: Code, statement: Statement): Execute =>
  compilerFor(code).statement(statement)

interface Compiled {
  readonly heads: Execute | undefined
  /** Of a function that suspends. */
  readonly body: Execute | undefined
  /** Of one that does not. */
  readonly result: Evaluate | undefined
  readonly weight: number
}

export const compileFunction = (code: Code): Compiled => {
  const { node } = code
  const compiler = compilerFor(code)
  const [first, rest] = divided(node)
  const heads = first === undefined ? undefined : compiler.statement(first)
  const isSync = node.k === "sync"
  const body = isSync ? undefined : compiler.statement(rest)
  const result = isSync ? compiler.result(withoutBound(rest, code.bound)) : undefined
  // As deep as the body nests with the statements that bind parameters.
  const binding = code.bound === 0 ? 0 : node.body.t === "Blk" ? BINDING_DEPTH : BINDING_DEPTH - 1
  const deepest = Math.max(compiler.deepest(), binding)
  const suspending = isSync ? 0 : SUSPENDING_WEIGHT
  const constructing = code.constructs ? CONSTRUCTING_WEIGHT : 0
  const weight = deepest + CALL_WEIGHT + suspending + constructing
  return { heads, body, result, weight }
}

/** The statements of a generator that run when it is called, and the others. */
const divided = ({ body, heads }: FunctionNode): readonly [Statement | undefined, Statement] => {
  if (heads === undefined || heads === 0) return [undefined, body]
  if (body.t !== "Blk") return [body, { t: "Blk", b: [] }]
  return [{ t: "Blk", b: body.b.slice(0, heads) }, { ...body, b: body.b.slice(heads) }]
}

const unknown = (kind: string): TypeError =>
  new TypeError(
    `The program has a node of kind ${JSON.stringify(kind)}, which this release does not know; ` +
      "update rappel"
  )
