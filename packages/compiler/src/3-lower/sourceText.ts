/**
 * Prints an expression the way V8 names it in its messages: `a.b(...) is not a
 * function`.
 *
 * Printing from the syntax tree, and not from the source, keeps comments and
 * line breaks out of the program. The odd cases ("(intermediate value)", a
 * conditional as three of them) are V8's own; `test/sourceText.test.ts` compares
 * them with the running Node.
 *
 * Source: V8's `CallPrinter` in src/ast/prettyprinter.cc.
 *
 * @since 0.1.0
 */
import { isTypeWrapper, unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"

const UNNAMED = "(intermediate value)"

export const sourceText = (expression: ts.Expression): string => {
  const node = unwrap(expression)
  // V8 has no name for what an optional chain gave, once it has ended.
  return isOptionalChain(node) ? UNNAMED : textOf(node)
}

/** What is called or read within a chain, as `o?.p` in `o?.p()`: only parentheses end it. */
export const calleeText = (expression: ts.Expression): string => {
  const node = withoutTypes(expression)
  return ts.isParenthesizedExpression(node) ? sourceText(node) : textOf(node)
}

const textOf = (node: ts.Expression): string => {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node)) {
    const dot = node.questionDotToken === undefined ? "." : "?."
    return `${objectText(node.expression)}${dot}${node.name.text}`
  }
  if (ts.isElementAccessExpression(node)) return elementText(node)
  if (ts.isCallExpression(node)) return `${calleeText(node.expression)}(...)`
  if (ts.isTaggedTemplateExpression(node)) return `${sourceText(node.tag)}(...)`
  if (ts.isStringLiteralLike(node)) return `"${node.text}"`
  if (ts.isNumericLiteral(node)) return String(Number(node.text))
  if (ts.isRegularExpressionLiteral(node)) return node.text
  if (ts.isArrayLiteralExpression(node)) return `[${node.elements.map(sourceText).join(",")}]`
  if (ts.isObjectLiteralExpression(node)) return `{${node.properties.map(() => UNNAMED).join("")}}`
  if (ts.isSpreadElement(node)) return `(...${sourceText(node.expression)})`
  if (ts.isConditionalExpression(node)) return UNNAMED.repeat(3)
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.map((span) => sourceText(span.expression)).join("")
  }
  if (ts.isTypeOfExpression(node)) return `(typeof ${sourceText(node.expression)})`
  if (ts.isVoidExpression(node)) return `(void ${sourceText(node.expression)})`
  if (ts.isDeleteExpression(node)) return `(delete ${sourceText(node.expression)})`
  if (ts.isPrefixUnaryExpression(node)) return prefixText(node)
  if (ts.isPostfixUnaryExpression(node)) {
    return `(${sourceText(node.operand)}${ts.tokenToString(node.operator) ?? ""})`
  }
  if (ts.isBinaryExpression(node)) return binaryText(node)
  if (ts.isMetaProperty(node)) return ".new.target"
  switch (node.kind) {
    case ts.SyntaxKind.ThisKeyword:
      return "this"
    case ts.SyntaxKind.NullKeyword:
      return "null"
    case ts.SyntaxKind.TrueKeyword:
      return "true"
    case ts.SyntaxKind.FalseKeyword:
      return "false"
    default:
      return UNNAMED
  }
}

const objectText = (node: ts.Expression): string =>
  node.kind === ts.SyntaxKind.SuperKeyword ? UNNAMED : calleeText(node)

const elementText = (node: ts.ElementAccessExpression): string => {
  const key = unwrap(node.argumentExpression)
  const isOptional = node.questionDotToken !== undefined
  const object = objectText(node.expression)
  return ts.isStringLiteralLike(key)
    ? `${object}${isOptional ? "?." : "."}${key.text}`
    : `${object}${isOptional ? "?." : ""}[${sourceText(key)}]`
}

const prefixText = (node: ts.PrefixUnaryExpression): string => {
  const operator = ts.tokenToString(node.operator) ?? ""
  const isNegative = node.operator === ts.SyntaxKind.MinusToken &&
    ts.isNumericLiteral(node.operand)
  const text = `${operator}${sourceText(node.operand)}`
  return isNegative ? text : `(${text})`
}

const binaryText = (node: ts.BinaryExpression): string => {
  const operator = node.operatorToken.kind
  if (
    operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment
  ) return sourceText(node.left)
  return `(${sourceText(node.left)} ${ts.tokenToString(operator) ?? ""} ${sourceText(node.right)})`
}

/** Whether the value of an expression is the result of a property access, which V8 does not name in patterns. */
export const isAccess = (expression: ts.Expression): boolean => {
  const node = unwrap(expression)
  return isOptionalChain(node) || ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) || ts.isTaggedTemplateExpression(node) ||
    isTypeWrapper(node)
}

/** What a loop goes over, in the message that it can't: V8 does not name the end of a chain there. */
export const iterableText = (expression: ts.Expression): string | undefined => {
  const node = unwrap(expression)
  return isOptionalChain(node) && !ts.isCallExpression(node) ? undefined : sourceText(node)
}

const isOptionalChain = (node: ts.Expression): boolean =>
  (node.flags & ts.NodeFlags.OptionalChain) !== 0
