/**
 * Which parameters a call binds itself, before the body runs.
 *
 * A parameter without a pattern, a default or a rest is a statement `variable = argument` of
 * the body. Those that begin a body are bound where the environment is made, for less than a
 * statement each; and when nothing else asks for the arguments, a call makes no array of them.
 *
 * @since 0.1.0
 */
import type { FunctionNode } from "../program/Program.ts"
import type { Statement } from "../program/Statement.ts"
import type { Code } from "./Code.ts"
import { mentions } from "./mentions.ts"

const statementsOf = (body: Statement): ReadonlyArray<Statement> =>
  body.t === "Blk" ? body.b : [body]

/** Whether a statement binds the first, second, … parameter where a call puts it. */
const binds = (statement: Statement, at: number): boolean => {
  if (statement.t !== "Ex" || statement.e.t !== "Set") return false
  const { c, d, e, i, s, z } = statement.e
  return e.t === "Arg" && e.i === at && d === 0 && i === at + 1 && c === undefined &&
    s === undefined && z === undefined
}

/** How many parameters a call binds: variable 1 from the first argument, 2 from the second, … */
export const boundByCall = ({ body, k }: FunctionNode): number => {
  // The rest run as tasks, whose statements a snapshot counts on.
  if (k !== "sync") return 0
  const statements = statementsOf(body)
  let count = 0
  while (count < statements.length && binds(statements[count]!, count)) count++
  return count
}

/** The body without what a call does. */
export const withoutBound = (body: Statement, count: number): Statement =>
  count === 0 ? body : { t: "Blk", b: statementsOf(body).slice(count) }

/** How deep the evaluators of `variable = argument` nest: they count for the weight of a call. */
export const BINDING_DEPTH = 4

const ARGUMENTS = new Set(["Arg", "RestArg", "Args"])

/**
 * Whether something besides the parameters that a call binds asks for the arguments. What an
 * arrow takes from the function around it has the arguments with it.
 */
export const needsArguments = ({ bound, node, program }: Code): boolean =>
  node.derived === 1 ||
  mentions(
    withoutBound(node.body, bound),
    ARGUMENTS,
    program.codes,
    (arrow) => arrow.usesLexical
  )
