/**
 * Literals: numbers, strings, regular expressions, arrays and objects.
 *
 * @since 0.1.0
 */
import type { Expression, ObjProperty } from "@rappel/core/program/Expression"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { element } from "./calls.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"
import { Identifier, NOTHING } from "./names.ts"
import { literalKey, propertyKey } from "./propertyKey.ts"

/** A number as an expression: JSON has neither infinity nor negative zero. */
export const numberLiteral = (value: number): Expression => {
  if (Number.isNaN(value)) return { t: "Glob", n: "NaN" }
  if (value === Infinity) return { t: "Glob", n: "Infinity" }
  if (value < 0 || Object.is(value, -0)) {
    return Object.is(value, -0) || value === -Infinity
      ? { t: "Un", op: "-", e: numberLiteral(-value) }
      : { t: "Lit", v: value }
  }
  return { t: "Lit", v: value }
}

export const NumericLiteral = (node: ts.NumericLiteral): Expression =>
  numberLiteral(Number(node.text))

export const BigIntLiteral = (node: ts.BigIntLiteral): Expression => ({
  t: "Big",
  v: node.text.slice(0, -1)
})

export const RegularExpressionLiteral = (
  l: Lowering,
  node: ts.RegularExpressionLiteral
): Expression => {
  const end = node.text.lastIndexOf("/")
  const source = node.text.slice(1, end)
  const flags = node.text.slice(end + 1)
  try {
    new RegExp(source, flags)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    l.report(catalogue.syntax(node, message))
    return NOTHING
  }
  return { t: "Re", v: source, f: flags, p: l.position(node) }
}

export const ArrayLiteralExpression = (
  l: Lowering,
  node: ts.ArrayLiteralExpression
): Expression => {
  const elements = node.elements.map((each) => element(l, each))
  return l.node({ t: "Arr", a: elements, p: l.position(node) }, elements)
}

export const ObjectLiteralExpression = (
  l: Lowering,
  node: ts.ObjectLiteralExpression
): Expression => objectOfProperties(l, node.properties, node)

export const objectOfProperties = (
  l: Lowering,
  nodes: ReadonlyArray<ts.ObjectLiteralElementLike>,
  at: ts.Node
): Expression => {
  const properties = nodes.map((each) => property(l, each))
  const children = properties.flatMap((each) => [each.k, each.e])
  return l.node({ t: "Obj", ps: properties, p: l.position(at) }, children)
}

const property = (l: Lowering, node: ts.ObjectLiteralElementLike): ObjProperty => {
  if (ts.isSpreadAssignment(node)) {
    return { kind: "spread", e: l.expression(node.expression), ...positionOf(l, node) }
  }
  if (ts.isShorthandPropertyAssignment(node)) {
    if (node.objectAssignmentInitializer !== undefined) {
      l.report(catalogue.syntax(node, "Invalid shorthand property initializer"))
    }
    return { kind: "v", k: { t: "Lit", v: node.name.text }, e: Identifier(l, node.name) }
  }
  const text = literalKey(node.name)
  if (ts.isPropertyAssignment(node)) {
    if (text === "__proto__") return { kind: "proto", e: l.expression(node.initializer) }
    const key = propertyKey(l, node.name)
    return { kind: "v", k: key, e: l.expression(node.initializer, text), ...positionOf(l, node) }
  }
  const key = propertyKey(l, node.name)
  const kind = ts.isGetAccessor(node) ? "get" : ts.isSetAccessor(node) ? "set" : "m"
  const name = text === undefined ? "" : methodName(kind, text)
  return {
    kind,
    k: key,
    e: { t: "Fn", f: l.kinds.functionLike(l, node, { name }) },
    ...positionOf(l, node)
  }
}

/** Where a key is converted, or an object copied; nothing else can throw. */
const positionOf = (
  l: Lowering,
  node: ts.ObjectLiteralElementLike
): { readonly p?: number } =>
  ts.isSpreadAssignment(node) || ts.isComputedPropertyName(node.name)
    ? { p: l.positionAt(lastPosition(node, "run")) }
    : {}

/** Accessors have the kind in their name: `get x`. */
export const methodName = (kind: string, name: string): string =>
  kind === "get" || kind === "set" ? `${kind} ${name}` : name
