/**
 * Where V8 says that an expression stands, as offsets in the file.
 *
 * Source: V8, src/parsing/parser-base.h: the positions that the nodes are made with.
 *
 * @since 0.1.0
 */
import { isTypeWrapper, unwrap } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"

export type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression

export const isAccessNode = (node: ts.Node): node is Access =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)

/**
 * The operator of two operands, the parenthesis of a call, the start of all else. Without `file`
 * every token's start is found by a walk up to the file.
 */
export const offsetOf = (expression: ts.Expression, file?: ts.SourceFile): number => {
  const node = unwrap(expression)
  if (isAccessNode(node)) return accessOffset(node, file)
  if (ts.isCallExpression(node)) return callOffset(node, file)
  if (ts.isTaggedTemplateExpression(node)) return node.template.getStart(file)
  if (ts.isPostfixUnaryExpression(node)) return node.end - 2
  if (ts.isPrefixUnaryExpression(node) && isUpdate(node)) return lastTokenOf(node.operand)
  if (ts.isBinaryExpression(node)) {
    return node.operatorToken.kind === ts.SyntaxKind.CommaToken
      ? node.right.getStart(file)
      : node.operatorToken.getStart(file)
  }
  return node.getStart(file)
}

export const isUpdate = ({
  operator
}: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): boolean =>
  operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken

/** V8 has the place of what was scanned last for `++a.b`: that of `b`. */
const lastTokenOf = (node: ts.Expression): number => {
  if (ts.isPropertyAccessExpression(node)) return node.name.getStart()
  return ts.isIdentifier(node) ? node.getStart() : node.end - 1
}

/**
 * V8 points at the name of a member, and at the bracket of a computed one; behind a call, or in
 * an optional chain, at the dot.
 */
export const accessOffset = (node: Access, file?: ts.SourceFile): number => {
  if (!ts.isPropertyAccessExpression(node)) return node.argumentExpression.pos - 1
  if (node.questionDotToken !== undefined) return node.questionDotToken.getStart(file)
  return isBehindCall(node.expression)
    ? node.expression.end + dotAfter(node)
    : node.name.getStart(file)
}

/** Whether V8 reads a method at another place than where it says that it is called. */
export const isReadElsewhere = (node: Access): boolean =>
  ts.isPropertyAccessExpression(node) &&
  (node.questionDotToken !== undefined || isBehindCall(node.expression))

const isBehindCall = (node: ts.Expression): boolean => {
  if (ts.isCallExpression(node)) return true
  if (isAccessNode(node)) {
    return node.questionDotToken !== undefined || isBehindCall(node.expression)
  }
  if (ts.isTaggedTemplateExpression(node)) return isBehindCall(node.tag)
  return ts.isNonNullExpression(node) && isBehindCall(node.expression)
}

/** How far behind the object the dot stands: there may be a line break between. */
const dotAfter = (node: ts.PropertyAccessExpression): number => {
  const text = node.getSourceFile().text.slice(node.expression.end, node.name.end)
  return Math.max(0, text.replace(COMMENT, (comment) => " ".repeat(comment.length)).indexOf("."))
}

const COMMENT = /\/\*[^]*?\*\/|\/\/.*/g

/** Of a call: the last name of the callee, else (also of `a.delete()`) the opening parenthesis. */
export const callOffset = (node: ts.CallExpression, file?: ts.SourceFile): number => {
  const parenthesis = node.arguments.pos - 1
  if (node.questionDotToken !== undefined) return parenthesis
  let callee: ts.Expression = node.expression
  while (isTypeWrapper(callee)) callee = callee.expression
  if (ts.isIdentifier(callee)) return callee.getStart(file)
  return ts.isPropertyAccessExpression(callee) && isName(callee.name)
    ? callee.name.getStart(file)
    : parenthesis
}

/** Whether V8's scanner takes it for a name: words that are reserved everywhere it does not, but `super`. */
const isName = (name: ts.MemberName): boolean => {
  if (!ts.isIdentifier(name)) return false
  const keyword = ts.identifierToKeywordKind(name)
  return keyword === undefined || keyword === ts.SyntaxKind.SuperKeyword ||
    keyword < ts.SyntaxKind.FirstReservedWord || keyword > ts.SyntaxKind.LastReservedWord
}

/** Of a function: its parameters' parenthesis; of an arrow its first token. */
export const functionOffset = (node: ts.SignatureDeclaration): number =>
  ts.isArrowFunction(node) ? node.getStart() : node.parameters.pos - 1

/** Of a class: its first token behind its modifiers. */
export const classToken = (node: ts.ClassDeclaration): number =>
  node.modifiers === undefined
    ? node.getStart()
    : node.getChildren().find(({ kind }) => kind === ts.SyntaxKind.ClassKeyword)!.getStart()
