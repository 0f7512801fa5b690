/**
 * The elements of patterns, which are written one way where they declare and another where they
 * assign.
 *
 * @since 0.1.0
 */
import { unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"

/** One element of a pattern, written either way. */
export interface Element {
  readonly node: ts.Node
  readonly key: ts.PropertyName | undefined
  readonly target: ts.Node
  readonly initializer: ts.Expression | undefined
  readonly isRest: boolean
}

export const literalText = (name: ts.PropertyName): string =>
  ts.isNumericLiteral(name) ? String(Number(name.text)) : ts.isComputedPropertyName(name)
    ? ""
    : name.text

export const propertiesOf = (
  l: Lowering,
  pattern: ts.ObjectBindingPattern | ts.ObjectLiteralExpression
): ReadonlyArray<Element> =>
  ts.isObjectBindingPattern(pattern)
    ? pattern.elements.map((element) => ({
      node: element,
      key: element.dotDotDotToken === undefined
        ? element.propertyName ?? nameAsKey(element.name)
        : undefined,
      target: element.name,
      initializer: element.initializer,
      isRest: element.dotDotDotToken !== undefined
    }))
    : pattern.properties.flatMap((property) => {
      const element = assignedProperty(property)
      if (element !== undefined) return [element]
      l.report(catalogue.syntax(property, "Invalid destructuring assignment target"))
      return []
    })

const nameAsKey = (name: ts.BindingName): ts.PropertyName | undefined =>
  ts.isIdentifier(name) ? name : undefined

const assignedProperty = (property: ts.ObjectLiteralElementLike): Element | undefined => {
  if (ts.isShorthandPropertyAssignment(property)) {
    return {
      node: property,
      key: property.name,
      target: property.name,
      initializer: property.objectAssignmentInitializer,
      isRest: false
    }
  }
  if (ts.isPropertyAssignment(property)) {
    return {
      node: property,
      key: property.name,
      ...targetAndDefault(property.initializer),
      isRest: false
    }
  }
  return ts.isSpreadAssignment(property)
    ? {
      node: property,
      key: undefined,
      target: property.expression,
      initializer: undefined,
      isRest: true
    }
    : undefined
}

const targetAndDefault = (
  node: ts.Expression
): { readonly target: ts.Expression; readonly initializer: ts.Expression | undefined } => {
  const inner = withoutTypes(node)
  return ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.EqualsToken
    ? { target: inner.left, initializer: inner.right }
    : { target: inner, initializer: undefined }
}

export const arrayElement = (node: ts.ArrayBindingElement | ts.Expression): Element => {
  if (ts.isBindingElement(node)) {
    return {
      node,
      key: undefined,
      target: node.name,
      initializer: node.initializer,
      isRest: node.dotDotDotToken !== undefined
    }
  }
  if (ts.isOmittedExpression(node)) {
    return { node, key: undefined, target: node, initializer: undefined, isRest: false }
  }
  return ts.isSpreadElement(node)
    ? { node, key: undefined, target: node.expression, initializer: undefined, isRest: true }
    : { node, key: undefined, ...targetAndDefault(node), isRest: false }
}

/** Whether evaluating a target's object and key is not observable, so that the order does not matter. */
export const isPlain = (node: ts.Expression): boolean => {
  const inner = unwrap(node)
  if (
    ts.isIdentifier(inner) || ts.isStringLiteralLike(inner) || ts.isNumericLiteral(inner) ||
    inner.kind === ts.SyntaxKind.ThisKeyword
  ) return true
  if (ts.isPropertyAccessExpression(inner)) {
    return inner.expression.kind !== ts.SyntaxKind.SuperKeyword && isOperand(inner.expression)
  }
  return ts.isElementAccessExpression(inner) && isOperand(inner.expression) &&
    isOperand(inner.argumentExpression)
}

const isOperand = (node: ts.Expression): boolean => {
  const inner = unwrap(node)
  return ts.isIdentifier(inner) || ts.isStringLiteralLike(inner) || ts.isNumericLiteral(inner) ||
    inner.kind === ts.SyntaxKind.ThisKeyword
}
