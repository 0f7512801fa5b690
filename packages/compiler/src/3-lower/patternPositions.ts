/**
 * The parts of a pattern as V8 goes through them, and where it says that they are.
 *
 * @since 0.1.0
 */
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { isAccessNode, offsetOf } from "./positions.ts"

/** What a loop stores its values in. */
export const eachOf = (initializer: ts.ForInitializer): ts.Node | undefined =>
  ts.isVariableDeclarationList(initializer)
    ? initializer.declarations[0]?.name
    : unwrap(initializer)

/** A loop's variable: V8 has the position of the last token of a declaration. */
export const eachOffset = (node: ts.Node, file: ts.SourceFile): number =>
  ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node)
    ? node.end - 1
    : targetOffset(node, file)

export const targetOffset = (node: ts.Node, file: ts.SourceFile): number =>
  ts.isExpression(node) && isAccessNode(unwrap(node)) ? offsetOf(node, file) : node.getStart(file)

interface Element {
  readonly target: ts.Node | undefined
  readonly initializer?: ts.Expression | undefined
  readonly key?: ts.PropertyName | undefined
  readonly isRest?: boolean
}

export const elementOf = (node: ts.Node): Element => {
  if (ts.isBindingElement(node)) {
    return {
      target: node.name,
      initializer: node.initializer,
      key: node.propertyName,
      isRest: node.dotDotDotToken !== undefined
    }
  }
  if (ts.isSpreadAssignment(node) || ts.isSpreadElement(node)) {
    return { target: unwrap(node.expression), isRest: true }
  }
  if (ts.isShorthandPropertyAssignment(node)) {
    return { target: node.name, initializer: node.objectAssignmentInitializer }
  }
  if (ts.isPropertyAssignment(node)) return { key: node.name, ...withDefault(node.initializer) }
  return ts.isExpression(node) ? withDefault(node) : { target: undefined }
}

const withDefault = (expression: ts.Expression): Element => {
  const node = unwrap(expression)
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
    ? { target: unwrap(node.left), initializer: node.right }
    : { target: node }
}
