/**
 * The position of a node in V8's tree, which for operations is not where V8 says that they are.
 *
 * Source: V8 11.3, src/parsing/parser-base.h and `CollapseNaryExpression` in
 * src/parsing/parser.cc.
 *
 * @since 0.1.0
 */
import { unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { offsetOf } from "./positions.ts"

/** What V8 gives every optional chain. */
export const CHAIN = 0

export const isOptionalChain = (node: ts.Node): boolean =>
  (node.flags & ts.NodeFlags.OptionalChain) !== 0

export const nodeOffset = (expression: ts.Expression, file?: ts.SourceFile): number => {
  const node = unwrap(expression)
  if (isOptionalChain(node)) return CHAIN
  if (!ts.isBinaryExpression(node)) return offsetOf(node, file)
  const operands = operandsOf(node)
  if (operands.length > 2) return nodeOffset(operands[0]!, file)
  const { kind } = node.operatorToken
  if (kind === ts.SyntaxKind.CommaToken) return nodeOffset(node.right, file)
  return kind === ts.SyntaxKind.QuestionQuestionToken
    ? withoutTypes(node.right).getStart(file)
    : offsetOf(node, file)
}

/** The operands of an operation; V8 makes one of all that have the same operator. */
export const operandsOf = (node: ts.BinaryExpression): ReadonlyArray<ts.Expression> => {
  const { kind } = node.operatorToken
  const { left } = node
  if (!isCollapsed(kind)) return [left, node.right]
  // Parentheses end a list with commas, and one of `??`.
  const inner = kind === ts.SyntaxKind.CommaToken || kind === ts.SyntaxKind.QuestionQuestionToken
    ? withoutTypes(left)
    : unwrap(left)
  return ts.isBinaryExpression(inner) && inner.operatorToken.kind === kind
    ? [...operandsOf(inner), node.right]
    : [left, node.right]
}

const isCollapsed = (kind: ts.SyntaxKind): boolean => COLLAPSED.has(kind)

const COLLAPSED: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.CommaToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarToken,
  ts.SyntaxKind.CaretToken,
  ts.SyntaxKind.AmpersandToken,
  ts.SyntaxKind.LessThanLessThanToken,
  ts.SyntaxKind.GreaterThanGreaterThanToken,
  ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken,
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.PercentToken,
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken
])
