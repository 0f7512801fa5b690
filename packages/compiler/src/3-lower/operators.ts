/**
 * Unary, binary, logical and conditional operators, and the comma.
 *
 * @since 0.1.0
 */
import type { BinaryOperator, Expression, UnaryOperator } from "@rappel/core/program/Expression"
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { assignment } from "./assignments.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"
import { isInChain, keyOf, objectOf, privateKey } from "./members.ts"
import { NOTHING, updateName } from "./names.ts"
import { isBinaryOperator, isLogicalOperator } from "./operatorNames.ts"
import { isAccessNode, offsetOf } from "./positions.ts"
import { sourceText } from "./sourceText.ts"

export const BinaryExpression = (l: Lowering, node: ts.BinaryExpression): Expression => {
  const operator = ts.tokenToString(node.operatorToken.kind) ?? ""
  if (operator === ",") return comma(l, node)
  if (isBinaryOperator(operator)) return binary(l, node, operator)
  if (isLogicalOperator(operator)) {
    const left = l.expression(node.left)
    const right = l.expression(node.right)
    return l.node({ t: "Log", op: operator, l: left, r: right }, [left, right])
  }
  return assignment(l, node, operator.slice(0, -1), "value")
}

const binary = (l: Lowering, node: ts.BinaryExpression, op: BinaryOperator): Expression => {
  const p = l.position(node.operatorToken)
  if (op === "in" && ts.isPrivateIdentifier(node.left)) {
    const key = privateKey(l, node.left)
    const object = l.expression(node.right)
    return l.node({ t: "PrivIn", k: key, e: object, p }, [object])
  }
  const left = l.expression(node.left)
  const right = l.expression(node.right)
  const named = op === "in" || op === "instanceof" ? { n: sourceText(node.right) } : {}
  return l.node({ t: "Bin", op, l: left, r: right, p, ...named }, [left, right])
}

const comma = (l: Lowering, node: ts.BinaryExpression): Expression => {
  const parts: Array<ts.Expression> = []
  const collect = (part: ts.Expression): void => {
    if (ts.isBinaryExpression(part) && part.operatorToken.kind === ts.SyntaxKind.CommaToken) {
      collect(part.left)
      collect(part.right)
    } else {
      parts.push(part)
    }
  }
  collect(node)
  return l.sequence(parts.map((part) => l.expression(part)))
}

const UNARY: ReadonlyMap<ts.SyntaxKind, UnaryOperator> = new Map([
  [ts.SyntaxKind.PlusToken, "+"],
  [ts.SyntaxKind.MinusToken, "-"],
  [ts.SyntaxKind.TildeToken, "~"],
  [ts.SyntaxKind.ExclamationToken, "!"]
])

export const PrefixUnaryExpression = (
  l: Lowering,
  node: ts.PrefixUnaryExpression
): Expression => {
  const op = UNARY.get(node.operator)
  if (op === undefined) return update(l, node, true)
  const value = l.expression(node.operand)
  const isNegative = op === "-" && value.t === "Lit" && typeof value.v === "number" &&
    value.v !== 0
  if (isNegative) return { t: "Lit", v: -(value.v as number) }
  return l.node({ t: "Un", op, e: value, p: l.position(node) }, [value])
}

export const PostfixUnaryExpression = (
  l: Lowering,
  node: ts.PostfixUnaryExpression
): Expression => update(l, node, false)

const update = (
  l: Lowering,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  isPrefix: boolean
): Expression => {
  const by = node.operator === ts.SyntaxKind.PlusPlusToken ? 1 : -1
  const target = unwrap(node.operand)
  const pr = l.positionAt(lastPosition(node, "read"))
  const p = l.positionAt(offsetOf(node))
  if (ts.isIdentifier(target)) return updateName(l, target, { by, isPrefix, pr, p })
  if (!isAccessNode(target) || isInChain(target)) {
    l.report(
      catalogue.syntax(
        node.operand,
        `Invalid left-hand side expression in ${isPrefix ? "prefix" : "postfix"} operation`
      )
    )
    return NOTHING
  }
  const { object } = objectOf(l, target.expression)
  const key = keyOf(l, target)
  return l.node({
    t: "UpdM",
    o: object,
    k: key,
    by,
    ...(isPrefix ? { pre: 1 as const } : {}),
    pr,
    p
  }, [object, key])
}

export const VoidExpression = (l: Lowering, node: ts.VoidExpression): Expression => {
  const value = l.expression(node.expression)
  return l.node({ t: "Un", op: "void", e: value }, [value])
}

export const ConditionalExpression = (
  l: Lowering,
  node: ts.ConditionalExpression
): Expression => {
  const condition = l.expression(node.condition)
  const yes = l.expression(node.whenTrue)
  const no = l.expression(node.whenFalse)
  return l.node({ t: "Cond", c: condition, a: yes, b: no }, [condition, yes, no])
}
