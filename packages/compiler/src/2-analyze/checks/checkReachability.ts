/**
 * Warns of code that no path reaches, and of loops that no path leaves.
 *
 * Reads the syntax; changes nothing. Reports `unreachable-code`,
 * `unbounded-loop`.
 *
 *     return 1; log("done")
 *               ^^^^^^^^^^^ unreachable-code
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import { isErased, isFunction, unwrap } from "../syntaxKinds.ts"

export const checkReachability = (unit: ts.Node, report: Report): void => {
  const visit = (node: ts.Node): void => {
    if (isErased(node)) return
    if (ts.isBlock(node) || ts.isCaseOrDefaultClause(node)) {
      checkList(node.statements, report)
    }
    if (isEndless(node) && !hasWayOut(node)) report(catalogue.unboundedLoop(node))
    ts.forEachChild(node, visit)
  }
  visit(unit)
}

const checkList = (statements: ReadonlyArray<ts.Statement>, report: Report): void => {
  const end = statements.findIndex(leaves)
  if (end < 0) return
  const dead = statements.slice(end + 1).find((each) =>
    !ts.isFunctionDeclaration(each) && !ts.isEmptyStatement(each) && !isErased(each) &&
    !isBareVar(each)
  )
  if (dead !== undefined) report(catalogue.unreachableCode(dead))
}

const isBareVar = (node: ts.Statement): boolean =>
  ts.isVariableStatement(node) &&
  (node.declarationList.flags & ts.NodeFlags.BlockScoped) === 0 &&
  node.declarationList.declarations.every((each) => each.initializer === undefined)

/** Whether control never goes past a statement. */
const leaves = (node: ts.Statement): boolean => {
  if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return true
  if (ts.isBreakOrContinueStatement(node)) return true
  if (ts.isBlock(node)) return node.statements.some(leaves)
  if (ts.isIfStatement(node)) {
    return node.elseStatement !== undefined && leaves(node.thenStatement) &&
      leaves(node.elseStatement)
  }
  if (ts.isTryStatement(node)) {
    if (node.finallyBlock !== undefined && leaves(node.finallyBlock)) return true
    return leaves(node.tryBlock) &&
      (node.catchClause === undefined || leaves(node.catchClause.block))
  }
  return false
}

/** `while (true)`, `for (;;)`, `do … while (true)`. */
const isEndless = (
  node: ts.Node
): node is ts.WhileStatement | ts.DoStatement | ts.ForStatement => {
  if (ts.isForStatement(node)) return node.condition === undefined || isTrue(node.condition)
  return (ts.isWhileStatement(node) || ts.isDoStatement(node)) && isTrue(node.expression)
}

const isTrue = (node: ts.Expression): boolean => {
  const inner = unwrap(node)
  return inner.kind === ts.SyntaxKind.TrueKeyword ||
    (ts.isNumericLiteral(inner) && Number(inner.text) !== 0)
}

/** Whether a loop's body can leave the loop, or wait. A `break` of an inner loop counts: better no warning. */
const hasWayOut = (loop: ts.WhileStatement | ts.DoStatement | ts.ForStatement): boolean => {
  let found = false
  const visit = (node: ts.Node): void => {
    if (found || isErased(node) || isFunction(node) || ts.isClassLike(node)) return
    found = ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isBreakStatement(node) ||
      ts.isAwaitExpression(node) || ts.isYieldExpression(node) ||
      (ts.isContinueStatement(node) && node.label !== undefined) ||
      (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(loop, visit)
  return found
}
