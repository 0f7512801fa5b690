/**
 * What evaluating a piece of syntax may do besides giving a value.
 *
 * @since 0.1.0
 */
import ts from "../../typescript.ts"
import { assignedNames, ASSIGNMENTS, isErased, isFunction, unwrap } from "../syntaxKinds.ts"

/** Whether evaluating an expression may run code of the workflow or of a package. */
export const mayCall = (node: ts.Node): boolean => {
  if (isErased(node) || isFunction(node)) return false
  if (
    ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isAwaitExpression(node) ||
    ts.isYieldExpression(node) || ts.isTaggedTemplateExpression(node) || ts.isClassLike(node) ||
    ts.isDeleteExpression(node) || written(node).length > 0 || isUpdate(node)
  ) return true
  return ts.forEachChild(node, (child) => mayCall(child) || undefined) === true
}

const isUpdate = (node: ts.Node): boolean =>
  (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) ||
  ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
    (node.operator === ts.SyntaxKind.PlusPlusToken ||
      node.operator === ts.SyntaxKind.MinusMinusToken))

/** The names that a node assigns to. */
export const written = (node: ts.Node): ReadonlyArray<ts.Identifier> => {
  if (ts.isBinaryExpression(node)) return isUpdate(node) ? assignedNames(node.left) : []
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return isUpdate(node) ? assignedNames(node.operand) : []
  }
  return (ts.isForOfStatement(node) || ts.isForInStatement(node)) &&
      !ts.isVariableDeclarationList(node.initializer)
    ? assignedNames(node.initializer)
    : []
}

/** Methods of the library that change their object. */
const CHANGERS = new Set([
  "add",
  "append",
  "clear",
  "copyWithin",
  "delete",
  "fill",
  "pop",
  "push",
  "reverse",
  "set",
  "shift",
  "sort",
  "splice",
  "unshift"
])

/** The variables whose objects a node changes. */
export const changed = (node: ts.Node): ReadonlyArray<ts.Identifier> => {
  const target = ts.isBinaryExpression(node) && isUpdate(node)
    ? node.left
    : ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)
    ? isUpdate(node) ? node.operand : undefined
    : ts.isDeleteExpression(node)
    ? node.expression
    : ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) &&
        CHANGERS.has(node.expression.name.text)
    ? node.expression.expression
    : undefined
  if (target === undefined) return []
  let inner = unwrap(target)
  while (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) {
    inner = unwrap(inner.expression)
  }
  return ts.isIdentifier(inner) ? [inner] : []
}
