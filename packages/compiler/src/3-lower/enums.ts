/**
 * Enums: objects with a reverse mapping for numbers.
 *
 * Values that TypeScript knows at compile time are folded, as it does; others are
 * computed when the enum is initialised.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Statement } from "@rappel/core/program/Statement"
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { numberLiteral } from "./literals.ts"
import type { Lowering } from "./Lowering.ts"
import { meaningOf } from "./names.ts"
import { literalKey } from "./propertyKey.ts"
import { readVariable, writeVariable } from "./variables.ts"

type Constant = string | number

export const EnumDeclaration = (
  l: Lowering,
  node: ts.EnumDeclaration
): ReadonlyArray<Statement> => {
  const holder = l.scope.lookup(node.name.text)
  if (holder === undefined) throw new Error(`${node.name.text} is not declared`)
  const read = (): Expression => readVariable(l, holder, node.name)
  const p = l.position(node)
  // A second declaration of the same name adds to the first.
  const object: Expression = { t: "Obj", ps: [], p }
  const statements = isFirst(node)
    ? [l.evaluate(writeVariable(l, holder, object, "initialise", node))]
    : []
  const constants = new Map<string, Constant>()
  let next: number | undefined = 0
  const scope = l.here.scopes.get(node) ?? l.scope
  const set = (key: Expression, value: Expression): Expression => ({
    t: "SetM",
    o: read(),
    k: key,
    e: value,
    p
  })
  for (const member of node.members) {
    const name = literalKey(member.name)
    if (name === undefined) {
      l.report(catalogue.syntax(member, "Computed property names are not allowed in enums."))
      continue
    }
    const key: Expression = { t: "Lit", v: name }
    const value: Constant | undefined = member.initializer === undefined
      ? next
      : constantOf(l, member.initializer, constants)
    if (value !== undefined) {
      constants.set(name, value)
      next = typeof value === "number" ? value + 1 : undefined
      const forward = set(key, literal(value))
      statements.push(
        l.evaluate(typeof value === "number" ? set(forward, key) : forward)
      )
    } else if (member.initializer !== undefined) {
      next = undefined
      const computed = l.within(scope, () => l.expression(member.initializer!))
      statements.push(l.evaluate(set(set(key, computed), key)))
    } else {
      l.report(catalogue.syntax(member, "Enum member must have initializer."))
    }
  }
  return statements
}

const isFirst = (node: ts.EnumDeclaration): boolean => {
  const around = node.parent
  const all = ts.isSourceFile(around) || ts.isBlock(around) || ts.isModuleBlock(around) ||
      ts.isCaseOrDefaultClause(around)
    ? around.statements
    : []
  return all.find((each) => ts.isEnumDeclaration(each) && each.name.text === node.name.text) ===
    node
}

const literal = (value: Constant): Expression =>
  typeof value === "string" ? { t: "Lit", v: value } : numberLiteral(value)

/** What TypeScript calls a constant enum expression; undefined for all others. */
const constantOf = (
  l: Lowering,
  expression: ts.Expression,
  members: ReadonlyMap<string, Constant>
): Constant | undefined => {
  const node = unwrap(expression)
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isIdentifier(node)) return members.get(node.text)
  if (ts.isPropertyAccessExpression(node)) {
    return memberOf(l, node.expression, node.name.text, members)
  }
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return memberOf(l, node.expression, node.argumentExpression.text, members)
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const value = constantOf(l, node.operand, members)
    return typeof value === "number" ? unary(node.operator, value) : undefined
  }
  if (ts.isTemplateExpression(node)) {
    let text = node.head.text
    for (const span of node.templateSpans) {
      const value = constantOf(l, span.expression, members)
      if (value === undefined) return undefined
      text += `${value}${span.literal.text}`
    }
    return text
  }
  if (!ts.isBinaryExpression(node)) return undefined
  const left = constantOf(l, node.left, members)
  const right = constantOf(l, node.right, members)
  if (left === undefined || right === undefined) return undefined
  if (typeof left === "number" && typeof right === "number") {
    return binary(node.operatorToken.kind, left, right)
  }
  return node.operatorToken.kind === ts.SyntaxKind.PlusToken ? `${left}${right}` : undefined
}

/** `E.A` inside of the enum `E` itself. */
const memberOf = (
  l: Lowering,
  object: ts.Expression,
  name: string,
  members: ReadonlyMap<string, Constant>
): Constant | undefined => {
  const node = unwrap(object)
  const isOwn = ts.isIdentifier(node) && meaningOf(l, node)?.kind !== "namespace" &&
    ts.findAncestor(object, ts.isEnumDeclaration)?.name.text === node.text
  return isOwn ? members.get(name) : undefined
}

const unary = (operator: ts.PrefixUnaryOperator, value: number): number | undefined => {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return value
    case ts.SyntaxKind.MinusToken:
      return -value
    case ts.SyntaxKind.TildeToken:
      return ~value
    default:
      return undefined
  }
}

const binary = (operator: ts.SyntaxKind, left: number, right: number): number | undefined => {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return left + right
    case ts.SyntaxKind.MinusToken:
      return left - right
    case ts.SyntaxKind.AsteriskToken:
      return left * right
    case ts.SyntaxKind.SlashToken:
      return left / right
    case ts.SyntaxKind.PercentToken:
      return left % right
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right
    case ts.SyntaxKind.BarToken:
      return left | right
    case ts.SyntaxKind.AmpersandToken:
      return left & right
    case ts.SyntaxKind.CaretToken:
      return left ^ right
    case ts.SyntaxKind.LessThanLessThanToken:
      return left << right
    case ts.SyntaxKind.GreaterThanGreaterThanToken:
      return left >> right
    case ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken:
      return left >>> right
    default:
      return undefined
  }
}
