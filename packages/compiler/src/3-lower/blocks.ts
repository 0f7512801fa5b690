/**
 * Blocks, and the functions that are hoisted in them.
 *
 * @since 0.1.0
 */
import type { Statement } from "@rappel/core/program/Statement"
import { isErased } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"
import { writeVariable } from "./variables.ts"

/** The function declarations among `statements`, as assignments that come before all else. */
export const hoisted = (
  l: Lowering,
  statements: ReadonlyArray<ts.Statement>
): ReadonlyArray<Statement> => {
  const last = new Map<string, ts.FunctionDeclaration>()
  for (const each of statements) {
    // A label before a function is forbidden in modules, so declarations stand directly here.
    if (!ts.isFunctionDeclaration(each) || each.body === undefined || isErased(each)) continue
    if (each.name !== undefined) last.set(each.name.text, each)
  }
  return Array.from(last.values(), (node) => {
    const variable = l.scope.lookup(node.name!.text)
    if (variable === undefined) throw new Error(`${node.name!.text} is not declared`)
    const f = l.kinds.functionLike(l, node, {})
    return l.evaluate(writeVariable(l, variable, { t: "Fn", f }, "initialise", node))
  })
}

export const Block = (l: Lowering, node: ts.Block): Statement => {
  const scope = l.here.scopes.get(node)
  if (scope === undefined) throw new Error("a block has no scope")
  return l.within(scope, () => {
    const body = l.block([
      ...hoisted(l, node.statements),
      ...node.statements.flatMap((statement) => l.statement(statement))
    ])
    const size = scope.size()
    const tdz = scope.unset()
    return size === 0 && tdz.length === 0
      ? body
      : l.statementNode({ t: "Scope", size, tdz, b: body }, [body])
  })
}

/** A statement that stands alone, such as the body of a loop. */
export const single = (l: Lowering, node: ts.Statement): Statement => l.block(l.statement(node))
