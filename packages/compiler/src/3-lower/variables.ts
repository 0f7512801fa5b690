/**
 * Reads and writes of variables, with the checks that each needs.
 *
 * A check of the dead zone is left out only where the declaration has surely run
 * before: later in the same function, or in a closure that is made later.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Variable } from "../2-analyze/Scope.ts"
import ts from "../typescript.ts"
import type { Lowering, Writing } from "./Lowering.ts"

export const readVariable = (l: Lowering, variable: Variable, node: ts.Node): Expression => {
  const isChecked = check(l, variable, node)
  return {
    t: "Var",
    d: depth(l, variable),
    i: variable.index,
    n: variable.name,
    ...(isChecked ? { z: 1, p: l.position(node) } : {})
  }
}

export const writeVariable = (
  l: Lowering,
  variable: Variable,
  value: Expression,
  writing: Writing,
  node: ts.Node,
  /** Where V8 says that a later write is. */
  p = 0
): Expression =>
  l.node({
    t: "Set",
    d: depth(l, variable),
    i: variable.index,
    n: variable.name,
    e: value,
    ...(writing === "assign" ? guards(l, variable, node, p) : {})
  }, [value])

/** `++` or `--`, with the positions of reading and of writing. */
export interface Update {
  readonly by: 1 | -1
  readonly isPrefix: boolean
  readonly pr: number
  readonly p: number
}

export const updateVariable = (
  l: Lowering,
  variable: Variable,
  step: Update,
  node: ts.Node
): Expression => ({
  t: "Upd",
  d: depth(l, variable),
  i: variable.index,
  n: variable.name,
  by: step.by,
  ...(step.isPrefix ? { pre: 1 } : {}),
  ...guards(l, variable, node, step.p),
  pr: step.pr
})

/** The checks of a later write: is it initialised, may it change. */
const guards = (
  l: Lowering,
  variable: Variable,
  node: ts.Node,
  p: number
): { readonly z?: 1; readonly c?: 1; readonly p?: number } => {
  const isChecked = check(l, variable, node)
  const isConstant = variable.kind === "const" || variable.kind === "self"
  return {
    ...(isChecked ? { z: 1 } : {}),
    ...(isConstant ? { c: 1 } : {}),
    ...(isChecked || isConstant ? { p } : {})
  }
}

const depth = (l: Lowering, variable: Variable): number => {
  if (variable.home === undefined) throw new Error(`${variable.name} has no place`)
  return l.scope.depthTo(variable.home)
}

const check = (l: Lowering, variable: Variable, node: ts.Node): boolean => {
  if (!mayBeUnset(l, variable, node)) return false
  variable.isChecked = true
  return true
}

const mayBeUnset = (l: Lowering, variable: Variable, node: ts.Node): boolean => {
  const { readyAt, scope } = variable
  if (scope.kind === "unready") return true
  if (readyAt === 0) return false
  const at = node.getStart(l.module.syntax.source.syntax)
  const owner = scope.owner
  // A case may jump over the declaration of another one.
  if (scope.kind === "switch") return true
  if (l.scope.owner === owner) return at < readyAt
  if (variable.kind === "parameter" && isInBody(owner.node, at)) return false
  let closure = l.scope.owner
  while (closure.parent !== undefined && closure.parent.owner !== owner) {
    closure = closure.parent.owner
  }
  return ts.isFunctionDeclaration(closure.node) || closure.node.pos < readyAt
}

const isInBody = (node: ts.Node, at: number): boolean =>
  ts.isFunctionLike(node) && "body" in node && node.body !== undefined && at >= node.body.pos
