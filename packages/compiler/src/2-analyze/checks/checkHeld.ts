/**
 * Warns of variables that hold, at an `await`, what cannot be stored.
 *
 * Of all that a workflow can make, that is buffers that can be resized, and the views on them.
 * Only what is certain is reported: the variable is never assigned again, and the `await` is in
 * the same function and block, after it.
 *
 * Reads the syntax and its scopes; changes nothing. Reports `held-across-await`.
 *
 *     const page = new ArrayBuffer(8, { maxByteLength: 16 })
 *           ^^^^ held-across-await
 *     await sleep("1 day")
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import type { ReachedModule } from "../reach.ts"
import type { Scope } from "../Scope.ts"
import { isErased, isFunction, unwrap } from "../syntaxKinds.ts"

export const checkHeld = (reached: ReachedModule, unit: ts.Node, report: Report): void => {
  if (!unit.getText().includes("maxByteLength")) return
  const visit = (node: ts.Node, scope: Scope): void => {
    if (isErased(node)) return
    const here = reached.scopes.get(node) ?? scope
    if (ts.isVariableDeclaration(node)) check(node, here, report)
    ts.forEachChild(node, (child) => visit(child, here))
  }
  visit(unit, reached.scope)
}

const check = (node: ts.VariableDeclaration, scope: Scope, report: Report): void => {
  const { initializer, name, parent: list } = node
  if (!ts.isIdentifier(name) || initializer === undefined) return
  if (
    !ts.isVariableStatement(list.parent) || list.parent.parent.kind === ts.SyntaxKind.SourceFile
  ) {
    return
  }
  if (scope.lookup(name.text)?.isAssigned !== false || !isResizable(initializer, scope)) return
  const wait = waitAfter(node.end, list.parent.parent)
  if (wait === undefined) return
  const { line } = node.getSourceFile().getLineAndCharacterOfPosition(wait.getStart())
  report(catalogue.heldAcrossAwait(name, name.text, String(line + 1)))
}

const VIEWS = /^(?:DataView|(?:Int|Uint|Float|BigInt|BigUint)\d+Array|Uint8ClampedArray)$/

/** Whether an expression gives, for certain, a buffer that can be resized or a view on one. */
const isResizable = (expression: ts.Expression, scope: Scope): boolean => {
  const node = unwrap(expression)
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return false
  const { text } = node.expression
  if (scope.lookup(text) !== undefined) return false
  const [first, options] = node.arguments ?? []
  if (VIEWS.test(text)) return first !== undefined && isResizable(first, scope)
  if (text !== "ArrayBuffer" || options === undefined) return false
  const literal = unwrap(options)
  return ts.isObjectLiteralExpression(literal) &&
    literal.properties.some((each) =>
      ts.isPropertyAssignment(each) && ts.isIdentifier(each.name) &&
      each.name.text === "maxByteLength" && isNumber(unwrap(each.initializer))
    ) && !literal.properties.some(ts.isSpreadAssignment)
}

/** A name may stand for `undefined`, which makes a buffer of fixed size. */
const isNumber = (node: ts.Expression): boolean =>
  ts.isNumericLiteral(node) ||
  (ts.isBinaryExpression(node) && isNumber(unwrap(node.left)) && isNumber(unwrap(node.right)))

/** The first `await` of this very function in a block, from a place on. */
const waitAfter = (from: number, block: ts.Node): ts.Node | undefined => {
  let found: ts.Node | undefined
  const visit = (node: ts.Node): void => {
    if (found !== undefined || node.end <= from || isErased(node)) return
    if (isFunction(node) || ts.isClassLike(node)) return
    if (node.pos >= from && isWait(node)) found = node
    else ts.forEachChild(node, visit)
  }
  ts.forEachChild(block, visit)
  return found
}

const isWait = (node: ts.Node): boolean =>
  ts.isAwaitExpression(node) ||
  (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
