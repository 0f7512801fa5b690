/**
 * What `CallPrinter` asks of the syntax: where V8's tree differs from TypeScript's.
 *
 * @since 0.1.0
 */
import type { Hint } from "@rappel/core/program/Expression"
import { isErased } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { nodeOffset } from "./nodeOffset.ts"

/** Statements that V8's tree does not have. */
export const isNothing = (node: ts.Statement): boolean =>
  isErased(node) || ts.isFunctionDeclaration(node) || ts.isEmptyStatement(node)

/** The positions by which V8 knows an object pattern: its own and those of its targets. */
export const placesOf = (pattern: ts.Node): ReadonlyArray<number> => {
  if (ts.isObjectBindingPattern(pattern)) {
    const targets = pattern.elements.filter(({ initializer }) => initializer === undefined)
    return [pattern.getStart(), ...targets.map(({ name }) => name.getStart())]
  }
  if (!ts.isObjectLiteralExpression(pattern)) return []
  const targets = pattern.properties.filter(ts.isPropertyAssignment)
  return [pattern.getStart(), ...targets.map(({ initializer }) => nodeOffset(initializer))]
}

/** A function at the start of parentheses. */
const isLikelyCalled = (node: ts.Node): boolean => {
  if (!ts.isFunctionExpression(node)) return false
  const start = node.getStart()
  let at: ts.Node = node
  while (at.parent.getStart() === start) at = at.parent
  return ts.isParenthesizedExpression(at.parent) && at.parent.expression === at
}

export const isInAsync = (node: ts.Node): boolean => {
  let at = node.parent
  while (at !== undefined && !ts.isFunctionLike(at)) at = at.parent
  return (at as ts.FunctionDeclaration | undefined)?.modifiers?.some(({ kind }) =>
    kind === ts.SyntaxKind.AsyncKeyword
  ) === true
}

export const KEYWORDS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.ThisKeyword, "this"],
  [ts.SyntaxKind.NullKeyword, "null"],
  [ts.SyntaxKind.TrueKeyword, "true"],
  [ts.SyntaxKind.FalseKeyword, "false"]
])

/** V8's parser makes `!(a == b)` of `a != b`. */
export const NEGATED: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.ExclamationEqualsToken, "=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="]
])

/** V8 has the statements of those functions only that it did not put off. */
export const keptStatements = (node: ts.Node): number => {
  if (!ts.isArrowFunction(node) && !isLikelyCalled(node)) return 0
  const { body } = node as ts.ArrowFunction
  return ts.isBlock(body) ? body.statements.filter((each) => !isNothing(each)).length : 1
}

export type Pattern = ts.ArrayLiteralExpression | ts.ArrayBindingPattern

export const isArrayPattern = (node: ts.Node): node is Pattern =>
  ts.isArrayLiteralExpression(node) || ts.isArrayBindingPattern(node)

export const hintOf = (isCall: boolean, isIterator: boolean, isAsync: boolean): Hint | undefined =>
  isIterator ? isCall ? 1 : 3 : isAsync ? isCall ? 2 : 4 : undefined
