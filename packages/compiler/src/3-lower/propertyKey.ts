/**
 * Names of properties: in object literals, patterns and classes.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"
import { privateKey } from "./members.ts"

/** The key as an expression: `Lit` for what is written out, `Priv` for `#x`, else the computed one. */
export const propertyKey = (l: Lowering, node: ts.PropertyName): Expression => {
  const text = literalKey(node)
  if (text !== undefined) return { t: "Lit", v: text }
  if (ts.isPrivateIdentifier(node)) return privateKey(l, node)
  return ts.isComputedPropertyName(node) ? l.expression(node.expression) : { t: "Undef" }
}

/** The text of a key that is written out: `a`, `"a"`, `1`, `1n`. */
export const literalKey = (node: ts.PropertyName): string | undefined => {
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return String(Number(node.text))
  if (ts.isBigIntLiteral(node)) return node.text.slice(0, -1)
  return undefined
}
