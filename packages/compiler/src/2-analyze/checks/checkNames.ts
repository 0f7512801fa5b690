/**
 * Names that strict code of a module must not use, and `#names` outside of their class.
 *
 * Reads one node at a time; changes nothing. Hands messages to `fail`.
 *
 *     let static = 1
 *         ^^^^^^ syntax
 *
 * @since 0.1.0
 */
import { boundNames } from "../../1-parse/ModuleSyntax.ts"
import ts from "../../typescript.ts"
import { assignedNames, ASSIGNMENTS, isFunction, isReference } from "../syntaxKinds.ts"
import type { Fail } from "./checkForms.ts"

const RESERVED = new Set([
  "await",
  "implements",
  "interface",
  "let",
  "package",
  "private",
  "protected",
  "public",
  "static",
  "yield"
])

export const checkNames = (node: ts.Node, fail: Fail): void => {
  if (ts.isPrivateIdentifier(node)) checkPrivate(node, fail)
  if (ts.isIdentifier(node)) checkUse(node, fail)
  for (const name of writtenNames(node)) {
    if (name.text === "eval" || name.text === "arguments") {
      fail(name, "Unexpected eval or arguments in strict mode")
    } else if (RESERVED.has(name.text)) reserved(name, fail)
  }
}

const reserved = (name: ts.Identifier, fail: Fail): void =>
  fail(name, "Unexpected strict mode reserved word")

/** Reads of variables, labels, and both names of `{ static }`. */
const checkUse = (node: ts.Identifier, fail: Fail): void => {
  if (!RESERVED.has(node.text)) return
  const { parent } = node
  const isLabel = ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)
  if (isLabel || isReference(node) && !isPropertyName(node)) reserved(node, fail)
}

/** Names that `isReference` takes for variables because some places of them are. */
const isPropertyName = ({ parent }: ts.Node): boolean =>
  ts.isNamedTupleMember(parent) || ts.isTypeNode(parent) || ts.isPropertySignature(parent) ||
  ts.isMethodSignature(parent) || ts.isJsxAttribute(parent)

const writtenNames = (node: ts.Node): ReadonlyArray<ts.Identifier> => {
  if (ts.isVariableDeclaration(node) || ts.isParameter(node)) return boundNames(node.name)
  if (isFunction(node) || ts.isClassLike(node)) {
    return node.name !== undefined && ts.isIdentifier(node.name) && !ts.isMethodDeclaration(node) &&
        !ts.isAccessor(node)
      ? [node.name]
      : []
  }
  if (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) {
    return assignedNames(node.left)
  }
  if (
    (ts.isForOfStatement(node) || ts.isForInStatement(node)) &&
    !ts.isVariableDeclarationList(node.initializer)
  ) return assignedNames(node.initializer)
  return ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)
    ? node.operator === ts.SyntaxKind.PlusPlusToken ||
        node.operator === ts.SyntaxKind.MinusMinusToken
      ? assignedNames(node.operand)
      : []
    : []
}

const checkPrivate = (node: ts.PrivateIdentifier, fail: Fail): void => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) {
    if (parent.expression.kind === ts.SyntaxKind.SuperKeyword) {
      fail(node, "Unexpected private field")
    }
  } else if (!ts.isBinaryExpression(parent)) return
  if (!isDeclaredAround(node)) {
    fail(node, `Private field '${node.text}' must be declared in an enclosing class`)
  }
}

/** The heritage of a class does not see the class's own names. */
const isDeclaredAround = (node: ts.PrivateIdentifier): boolean => {
  let from: ts.Node = node
  for (let here = node.parent; here !== undefined; from = here, here = here.parent) {
    if (!ts.isClassLike(here) || ts.isHeritageClause(from)) continue
    const isDeclared = here.members.some((member) =>
      member.name !== undefined && ts.isPrivateIdentifier(member.name) &&
      member.name.text === node.text
    )
    if (isDeclared) return true
  }
  return false
}
