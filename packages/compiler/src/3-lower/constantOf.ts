/**
 * Literals that V8's parser makes of operations, which have no position then.
 *
 * Source: V8 11.3, `BuildUnaryExpression` and
 * `ShortcutNumericLiteralBinaryExpression` in src/parsing/parser.cc.
 *
 * @since 0.1.0
 */
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"

/** What V8's parser makes of numbers with a sign, and of `!` before a literal. */
export const constantOf = (expression: ts.Expression): number | boolean | undefined => {
  const node = unwrap(expression)
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isBinaryExpression(node)) return numberOf(node)
  if (!ts.isPrefixUnaryExpression(node)) return undefined
  const operand = unwrap(node.operand)
  const value = constantOf(operand)
  switch (node.operator) {
    case ts.SyntaxKind.MinusToken:
      return typeof value === "number" ? -value : undefined
    case ts.SyntaxKind.PlusToken:
      return typeof value === "number" ? value : undefined
    case ts.SyntaxKind.TildeToken:
      return typeof value === "number" ? ~value : undefined
    case ts.SyntaxKind.ExclamationToken:
      return value === undefined ? NOT.get(operand.kind) : !value
    default:
      return undefined
  }
}

const numberOf = ({ left, operatorToken, right }: ts.BinaryExpression): number | undefined => {
  const combine = ARITHMETIC.get(operatorToken.kind)
  if (combine === undefined) return undefined
  const a = constantOf(left)
  const b = constantOf(right)
  return typeof a === "number" && typeof b === "number" ? combine(a, b) : undefined
}

const ARITHMETIC: ReadonlyMap<ts.SyntaxKind, (a: number, b: number) => number> = new Map([
  [ts.SyntaxKind.PlusToken, (a, b) => a + b],
  [ts.SyntaxKind.MinusToken, (a, b) => a - b],
  [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
  [ts.SyntaxKind.SlashToken, (a, b) => a / b],
  [ts.SyntaxKind.AsteriskAsteriskToken, (a, b) => a ** b],
  [ts.SyntaxKind.BarToken, (a, b) => a | b],
  [ts.SyntaxKind.AmpersandToken, (a, b) => a & b],
  [ts.SyntaxKind.CaretToken, (a, b) => a ^ b],
  [ts.SyntaxKind.LessThanLessThanToken, (a, b) => a << b],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, (a, b) => a >> b],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, (a, b) => a >>> b]
])

const NOT: ReadonlyMap<ts.SyntaxKind, boolean> = new Map([
  [ts.SyntaxKind.NullKeyword, true],
  [ts.SyntaxKind.FalseKeyword, true],
  [ts.SyntaxKind.TrueKeyword, false]
])

/** What V8 copies with the literal, without evaluating it. */
export const isConstant = (expression: ts.Expression): boolean => {
  const node = unwrap(expression)
  return ts.isLiteralExpression(node) && !ts.isRegularExpressionLiteral(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword ||
    node.kind === ts.SyntaxKind.NullKeyword
}
