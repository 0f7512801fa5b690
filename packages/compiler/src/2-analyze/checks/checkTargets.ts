/**
 * What may stand where something is bound or assigned to: parameters, patterns, the left side
 * of `=`, the head of a loop.
 *
 * Reads one node at a time; changes nothing. Hands messages to `fail`.
 *
 *     const [...rest = []] = items
 *               ^^^^^^^^^ syntax
 *
 * @since 0.1.0
 */
import ts from "../../typescript.ts"
import { isPattern, isTypeWrapper, unwrap } from "../syntaxKinds.ts"
import type { Fail } from "./checkForms.ts"

const NOT_LAST = "Rest element must be last element"
const INVALID = "Invalid destructuring assignment target"

/** What is left when types go: with a cast go the parentheses that it needs. */
const emitted = (node: ts.Expression): ts.Expression => {
  let inner = node
  while (
    isTypeWrapper(inner) || ts.isParenthesizedExpression(inner) && isTypeWrapper(inner.expression)
  ) inner = inner.expression
  return inner
}

export const checkTargets = (node: ts.Node, fail: Fail): void => {
  if (ts.isArrayBindingPattern(node) || ts.isObjectBindingPattern(node)) {
    checkBindingPattern(node, fail)
  } else if (ts.isParameter(node) && ts.isFunctionLike(node.parent)) {
    checkParameter(node, node.parent.parameters, fail)
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    checkLeft(node.left, fail)
  } else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    checkHead(node, fail)
  } else if (ts.isObjectLiteralExpression(node)) {
    checkProto(node, fail)
  }
}

const checkBindingPattern = (
  node: ts.ArrayBindingPattern | ts.ObjectBindingPattern,
  fail: Fail
): void => {
  node.elements.forEach((element, i) => {
    if (ts.isOmittedExpression(element)) return
    if (element.propertyName !== undefined && ts.isPrivateIdentifier(element.propertyName)) {
      fail(element.propertyName, "Unexpected identifier")
    }
    if (element.dotDotDotToken === undefined) return
    if (i < node.elements.length - 1 || node.elements.hasTrailingComma) fail(node, NOT_LAST)
    if (element.initializer !== undefined) {
      fail(element, "Rest element may not have a default initializer")
    }
    if (ts.isObjectBindingPattern(node) && !ts.isIdentifier(element.name)) {
      fail(element, "`...` must be followed by an identifier in declaration contexts")
    }
  })
}

const checkParameter = (
  node: ts.ParameterDeclaration,
  all: ts.NodeArray<ts.ParameterDeclaration>,
  fail: Fail
): void => {
  if (node.dotDotDotToken === undefined) return
  if (all.at(-1) !== node || all.hasTrailingComma) {
    fail(node, "Rest parameter must be last formal parameter")
  }
  if (node.initializer !== undefined) {
    fail(node, "Rest parameter may not have a default initializer")
  }
}

/** The left side of `=`, and what stands in the head of a loop without a declaration. */
const checkLeft = (left: ts.Expression, fail: Fail): void => {
  const target = emitted(left)
  const isInParentheses = ts.isParenthesizedExpression(target)
  if (isPattern(unwrap(target)) && isInParentheses) {
    fail(target, "Invalid left-hand side in assignment")
  } else checkPattern(target, fail)
}

/** One target of a pattern; its defaults are expressions like any other. */
const checkTarget = (node: ts.Expression, fail: Fail): void => {
  const target = emitted(node)
  const inner = unwrap(target)
  if (isPattern(inner)) {
    if (ts.isParenthesizedExpression(target)) fail(target, INVALID)
    else checkPattern(inner, fail)
    return
  }
  const isPlace = ts.isIdentifier(inner) ||
    (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) &&
      (inner.flags & ts.NodeFlags.OptionalChain) === 0
  if (!isPlace) fail(target, INVALID)
}

const checkElement = (node: ts.Expression, fail: Fail): void => {
  const isDefault = ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken
  // The assignment of the default is checked where it is met, as one.
  checkTarget(isDefault ? node.left : node, fail)
}

const checkPattern = (node: ts.Node, fail: Fail): void => {
  if (ts.isArrayLiteralExpression(node)) {
    node.elements.forEach((element, i) => {
      if (ts.isOmittedExpression(element)) return
      if (!ts.isSpreadElement(element)) return checkElement(element, fail)
      if (i < node.elements.length - 1 || node.elements.hasTrailingComma) fail(node, NOT_LAST)
      checkTarget(element.expression, fail)
    })
  } else if (ts.isObjectLiteralExpression(node)) {
    node.properties.forEach((property, i) => {
      if (ts.isShorthandPropertyAssignment(property)) return
      if (ts.isPropertyAssignment(property)) {
        if (ts.isPrivateIdentifier(property.name)) fail(property.name, "Unexpected identifier")
        return checkElement(property.initializer, fail)
      }
      if (!ts.isSpreadAssignment(property)) return fail(property, INVALID)
      if (i < node.properties.length - 1 || node.properties.hasTrailingComma) fail(node, NOT_LAST)
      if (isPattern(unwrap(property.expression))) {
        fail(property, "`...` must be followed by an assignable reference in assignment contexts")
      } else checkTarget(property.expression, fail)
    })
  }
}

const checkHead = (node: ts.ForOfStatement | ts.ForInStatement, fail: Fail): void => {
  const { initializer } = node
  if (!ts.isVariableDeclarationList(initializer)) {
    const target = emitted(initializer)
    const isAsync = ts.isIdentifier(target) && target.getText() === "async"
    if (isAsync && ts.isForOfStatement(node) && node.awaitModifier === undefined) {
      fail(target, "The left-hand side of a for-of loop may not be 'async'.")
    }
    if (isPattern(unwrap(target)) && ts.isParenthesizedExpression(target)) fail(target, INVALID)
    else checkPattern(target, fail)
    return
  }
  const kind = ts.isForOfStatement(node) ? "for-of" : "for-in"
  if (initializer.declarations.length !== 1) {
    fail(
      initializer,
      `Invalid left-hand side in ${kind} loop: Must have a single binding.`
    )
  }
  for (const declaration of initializer.declarations) {
    if (declaration.initializer !== undefined) {
      fail(declaration, `${kind} loop variable declaration may not have an initializer.`)
    }
  }
}

/** `__proto__:` sets the prototype, once; in a pattern it names a property like any other. */
const checkProto = (node: ts.ObjectLiteralExpression, fail: Fail): void => {
  const setters = node.properties.filter((property) =>
    ts.isPropertyAssignment(property) &&
    (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name)) &&
    property.name.text === "__proto__"
  )
  if (setters.length > 1 && !isAssigned(node)) {
    fail(setters[1]!, "Duplicate __proto__ fields are not allowed in object literals")
  }
}

/** Whether a literal is a pattern that is assigned to. */
const isAssigned = (node: ts.Node): boolean => {
  const { parent } = node
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return parent.left === node
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node
  const isPart = ts.isArrayLiteralExpression(parent) || ts.isObjectLiteralExpression(parent) ||
    ts.isPropertyAssignment(parent) && parent.initializer === node || ts.isSpreadElement(parent) ||
    isTypeWrapper(parent)
  return isPart && isAssigned(parent)
}
