/**
 * Finds what a top-level statement changes while its module loads.
 *
 * @since 0.1.0
 */
import ts from "../typescript.ts"
import { assignedNames, ASSIGNMENTS, isErased, isFunction, unwrap } from "./syntaxKinds.ts"

/** Functions of `Object` and `Reflect` that change their first argument. */
const CHANGERS = new Set([
  "assign",
  "defineProperty",
  "defineProperties",
  "setPrototypeOf",
  "freeze",
  "seal",
  "preventExtensions",
  "set",
  "deleteProperty"
])

/**
 * The names at the root of everything that a statement writes to, or calls a
 * method of: `a = 1`, `a.b.c = 1`, `delete a.b`, `a.push(1)`, `Object.assign(a, …)`.
 */
export const touched = (statement: ts.Statement): ReadonlyArray<ts.Identifier> => {
  const names: Array<ts.Identifier> = []
  const add = (node: ts.Expression): void => {
    const root = rootOf(node)
    if (root !== undefined) names.push(root)
  }
  const visit = (node: ts.Node): void => {
    if (isErased(node) || isFunction(node) || ts.isClassLike(node)) return
    if (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) {
      names.push(...assignedNames(node.left))
      add(node.left)
    } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
      if (
        node.operator === ts.SyntaxKind.PlusPlusToken ||
        node.operator === ts.SyntaxKind.MinusMinusToken
      ) add(node.operand)
    } else if (ts.isDeleteExpression(node)) {
      add(node.expression)
    } else if (ts.isCallExpression(node)) {
      const callee = unwrap(node.expression)
      if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
        add(callee.expression)
        const [first] = node.arguments
        const isChanger = ts.isPropertyAccessExpression(callee) && CHANGERS.has(callee.name.text)
        if (first !== undefined && isChanger) add(first)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(statement)
  return names
}

const rootOf = (node: ts.Expression): ts.Identifier | undefined => {
  const inner = unwrap(node)
  if (ts.isIdentifier(inner)) return inner
  if (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) {
    return rootOf(inner.expression)
  }
  return undefined
}
