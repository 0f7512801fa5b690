/**
 * Warns of statements that compute a value which nobody takes.
 *
 * Reads the syntax; changes nothing. Reports `unused-result`.
 *
 *     name.trim()
 *     ^^^^^^^^^^^ unused-result
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import { ASSIGNMENTS, isErased, unwrap } from "../syntaxKinds.ts"

/** Methods of the library that give a new value and need no callback, so that none has an effect. */
const PURE = new Set([
  "concat",
  "padEnd",
  "padStart",
  "replaceAll",
  "slice",
  "substring",
  "toLowerCase",
  "toReversed",
  "toSorted",
  "toSpliced",
  "toUpperCase",
  "trim",
  "trimEnd",
  "trimStart"
])

export const checkUnused = (unit: ts.Node, report: Report): void => {
  const visit = (node: ts.Node): void => {
    if (isErased(node)) return
    if (ts.isExpressionStatement(node) && isIdle(node.expression)) {
      report(
        catalogue.unusedResult(node.expression, node.expression.getText().replace(/\s+/g, " "))
      )
    }
    ts.forEachChild(node, visit)
  }
  visit(unit)
}

const isIdle = (expression: ts.Expression): boolean => {
  const node = unwrap(expression)
  if (ts.isCallExpression(node)) {
    return ts.isPropertyAccessExpression(node.expression) && PURE.has(node.expression.name.text)
  }
  if (!ts.isBinaryExpression(node)) return ts.isIdentifier(node) || ts.isTemplateExpression(node)
  const { kind } = node.operatorToken
  return !ASSIGNMENTS.has(kind) && kind !== ts.SyntaxKind.CommaToken &&
    kind !== ts.SyntaxKind.AmpersandAmpersandToken && kind !== ts.SyntaxKind.BarBarToken &&
    kind !== ts.SyntaxKind.QuestionQuestionToken && kind !== ts.SyntaxKind.InKeyword
}
