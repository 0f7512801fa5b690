/**
 * Assignments of all kinds.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import { isPattern, unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"
import { isInChain, keyOf, objectOf } from "./members.ts"
import { Identifier, NOTHING, writeName } from "./names.ts"
import { isBinaryOperator, isLogicalOperator } from "./operatorNames.ts"
import { type Access, isAccessNode } from "./positions.ts"
import { sourceText } from "./sourceText.ts"

/** `operator` is the text before `=`; "discard" says that nobody reads the value of the assignment. */
export const assignment = (
  l: Lowering,
  node: ts.BinaryExpression,
  operator: string,
  use: "value" | "discard"
): Expression => {
  const target = unwrap(node.left)
  if (ts.isIdentifier(target)) return nameAssignment(l, node, target, operator)
  if (isAccessNode(target) && !isInChain(target)) return memberAssignment(l, node, target, operator)
  if (operator === "" && isPattern(target)) return patternAssignment(l, node, target, use)
  l.report(catalogue.syntax(node.left, "Invalid left-hand side in assignment"))
  return NOTHING
}

const nameAssignment = (
  l: Lowering,
  node: ts.BinaryExpression,
  target: ts.Identifier,
  operator: string
): Expression => {
  // A name in parentheses gives none to the function that is assigned.
  const name = ts.isIdentifier(withoutTypes(node.left)) ? target.text : undefined
  const p = l.position(node.operatorToken)
  if (operator === "") return writeName(l, target, l.expression(node.right, name), p)
  const read = Identifier(l, target)
  const left = read.t === "Var" && read.z === 1
    ? { ...read, p: l.positionAt(lastPosition(node, "read")) }
    : read
  if (isLogicalOperator(operator)) {
    const write = writeName(l, target, l.expression(node.right, name), p)
    return l.node({ t: "Log", op: operator, l: left, r: write }, [left, write])
  }
  const right = l.expression(node.right)
  if (!isBinaryOperator(operator)) return NOTHING
  const run = l.positionAt(lastPosition(node, "run"))
  const value = l.node({ t: "Bin", op: operator, l: left, r: right, p: run }, [left, right])
  return writeName(l, target, value, p)
}

const memberAssignment = (
  l: Lowering,
  node: ts.BinaryExpression,
  target: Access,
  operator: string
): Expression => {
  const { object } = objectOf(l, target.expression)
  const key = keyOf(l, target)
  const value = l.expression(node.right)
  const children = [object, key, value]
  const p = l.position(node.operatorToken)
  const parts = { o: object, k: key, e: value, p }
  if (operator === "") return l.node({ t: "SetM", ...parts }, children)
  const pr = l.positionAt(lastPosition(node, "read"))
  if (isLogicalOperator(operator)) {
    return l.node({ t: "LogM", op: operator, ...parts, pr }, children)
  }
  const po = l.positionAt(lastPosition(node, "run"))
  return isBinaryOperator(operator)
    ? l.node({ t: "OpM", op: operator, ...parts, pr, po }, children)
    : l.node({ t: "SetM", ...parts }, children)
}

const patternAssignment = (
  l: Lowering,
  node: ts.BinaryExpression,
  target: ts.Node,
  use: "value" | "discard"
): Expression => {
  const value = l.expression(node.right)
  const origin = { text: sourceText(node.right), node: node.right }
  if (use === "discard") {
    return l.sequence(l.kinds.bind(l, target, value, "assign", origin))
  }
  const place = l.temporary()
  const store = l.writeTemporary(place, value)
  const { node: _, ...named } = origin
  const bound = l.kinds.bind(l, target, l.readTemporary(place), "assign", named)
  return l.sequence([store, ...bound, l.readTemporary(place)])
}
