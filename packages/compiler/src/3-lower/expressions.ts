/**
 * Expressions: the one table from syntax kinds to what lowers them.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import { isAnonymousFunction, unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { CallExpression, NewExpression, TaggedTemplateExpression } from "./calls.ts"
import { AwaitExpression, FunctionExpression, YieldExpression } from "./functions.ts"
import { ImplicitStep } from "./ImplicitStep.ts"
import {
  ArrayLiteralExpression,
  BigIntLiteral,
  NumericLiteral,
  ObjectLiteralExpression,
  RegularExpressionLiteral
} from "./literals.ts"
import type { Lowering } from "./Lowering.ts"
import { AccessExpression, DeleteExpression } from "./members.ts"
import { Identifier, NOTHING, typeOf } from "./names.ts"
import {
  BinaryExpression,
  ConditionalExpression,
  PostfixUnaryExpression,
  PrefixUnaryExpression,
  VoidExpression
} from "./operators.ts"
import { isAccessNode } from "./positions.ts"
import { TemplateExpression } from "./templates.ts"

/** `name` is what an anonymous function that stands here is called. */
export const expression = (
  l: Lowering,
  outer: ts.Expression,
  name: string | undefined
): Expression => {
  const node = unwrap(outer)
  if (l.here.steps.has(node)) return ImplicitStep(l, node)
  const given = isAnonymousFunction(node) ? name : undefined
  if (ts.isIdentifier(node)) return Identifier(l, node)
  if (ts.isStringLiteralLike(node)) return { t: "Lit", v: node.text }
  if (ts.isNumericLiteral(node)) return NumericLiteral(node)
  if (isAccessNode(node)) return AccessExpression(l, node)
  if (ts.isCallExpression(node)) return CallExpression(l, node)
  if (ts.isBinaryExpression(node)) return BinaryExpression(l, node)
  if (ts.isAwaitExpression(node)) return AwaitExpression(l, node)
  if (ts.isObjectLiteralExpression(node)) return ObjectLiteralExpression(l, node)
  if (ts.isArrayLiteralExpression(node)) return ArrayLiteralExpression(l, node)
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    return FunctionExpression(l, node, given)
  }
  if (ts.isTemplateExpression(node)) return TemplateExpression(l, node)
  if (ts.isConditionalExpression(node)) return ConditionalExpression(l, node)
  if (ts.isPrefixUnaryExpression(node)) return PrefixUnaryExpression(l, node)
  if (ts.isPostfixUnaryExpression(node)) return PostfixUnaryExpression(l, node)
  if (ts.isNewExpression(node)) return NewExpression(l, node)
  if (ts.isTypeOfExpression(node)) return typeOf(l, node.expression)
  if (ts.isVoidExpression(node)) return VoidExpression(l, node)
  if (ts.isDeleteExpression(node)) return DeleteExpression(l, node)
  if (ts.isYieldExpression(node)) return YieldExpression(l, node)
  if (ts.isTaggedTemplateExpression(node)) return TaggedTemplateExpression(l, node)
  if (ts.isClassExpression(node)) return l.kinds.classLike(l, node, given)
  if (ts.isBigIntLiteral(node)) return BigIntLiteral(node)
  if (ts.isRegularExpressionLiteral(node)) return RegularExpressionLiteral(l, node)
  if (ts.isMetaProperty(node)) return MetaProperty(l, node)
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return { t: "Lit", v: true }
    case ts.SyntaxKind.FalseKeyword:
      return { t: "Lit", v: false }
    case ts.SyntaxKind.NullKeyword:
      return { t: "Lit", v: null }
    case ts.SyntaxKind.ThisKeyword:
      return { t: "This", p: l.position(node) }
    default:
      l.report(catalogue.unsupportedSyntax(node, describe(node)))
      return NOTHING
  }
}

const MetaProperty = (l: Lowering, node: ts.MetaProperty): Expression => {
  if (node.keywordToken === ts.SyntaxKind.NewKeyword) return { t: "NewTarget" }
  l.report(catalogue.importMeta(node))
  return NOTHING
}

const describe = (node: ts.Node): string =>
  ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node)
    ? "JSX"
    : "This expression"
