/**
 * What `CallPrinter` asks of the syntax: where V8's tree differs from TypeScript's.
 *
 * @since 0.1.0
 */
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
export const isLikelyCalled = (node: ts.Node): boolean => {
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
