/**
 * Statements: the one table from syntax kinds to what lowers them.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { SlotRange, Statement } from "@rappel/core/program/Statement"
import { isErased, isPattern, unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { assignment } from "./assignments.ts"
import { Block, hoisted, single } from "./blocks.ts"
import { ClassDeclaration, declarations } from "./declarations.ts"
import { EnumDeclaration } from "./enums.ts"
import { DoStatement, ForOfStatement, ForStatement, WhileStatement } from "./loops.ts"
import type { Lowering } from "./Lowering.ts"
import { CAUGHT } from "./patterns.ts"

/** None for what vanishes, several for a list of declarations. */
export const statement = (
  l: Lowering,
  node: ts.Statement,
  labels: ReadonlyArray<string>
): ReadonlyArray<Statement> => {
  if (isErased(node) || ts.isEmptyStatement(node)) return []
  if (ts.isVariableStatement(node)) return declarations(l, node.declarationList)
  if (ts.isExpressionStatement(node)) return [l.evaluate(discarded(l, node.expression))]
  if (ts.isBlock(node)) return [Block(l, node)]
  if (ts.isIfStatement(node)) return [IfStatement(l, node)]
  if (ts.isReturnStatement(node)) return [ReturnStatement(l, node)]
  if (ts.isThrowStatement(node)) {
    const value = l.expression(node.expression)
    return [l.statementNode({ t: "Throw", e: value, p: l.position(node) }, [value])]
  }
  if (ts.isForStatement(node)) return [ForStatement(l, node, labels)]
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    return [ForOfStatement(l, node, labels)]
  }
  if (ts.isWhileStatement(node)) return [WhileStatement(l, node, labels)]
  if (ts.isDoStatement(node)) return [DoStatement(l, node, labels)]
  if (ts.isBreakStatement(node)) return [{ t: "Brk", ...label(node) }]
  if (ts.isContinueStatement(node)) return [{ t: "Cnt", ...label(node) }]
  if (ts.isLabeledStatement(node)) {
    const name = node.label.text
    const body = l.block(l.statement(node.statement, [...labels, name]))
    return [l.statementNode({ t: "Lbl", l: name, b: body }, [body])]
  }
  if (ts.isSwitchStatement(node)) return [SwitchStatement(l, node)]
  if (ts.isTryStatement(node)) return [TryStatement(l, node)]
  if (ts.isClassDeclaration(node)) return [ClassDeclaration(l, node)]
  if (ts.isEnumDeclaration(node)) return EnumDeclaration(l, node)
  // Hoisted: assigned at the start of the block.
  if (ts.isFunctionDeclaration(node)) return []
  if (ts.isDebuggerStatement(node)) return []
  l.report(
    ts.isWithStatement(node)
      ? catalogue.syntax(node, "Strict mode code may not include a with statement")
      : catalogue.unsupportedSyntax(node, "This statement")
  )
  return []
}

const label = (node: ts.BreakOrContinueStatement): { readonly l?: string } =>
  node.label === undefined ? {} : { l: node.label.text }

/** An expression whose value nobody reads: a pattern then needs not keep it. */
const discarded = (l: Lowering, expression: ts.Expression): Expression => {
  const node = unwrap(expression)
  return ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken && isPattern(unwrap(node.left))
    ? assignment(l, node, "", "discard")
    : l.expression(expression)
}

const IfStatement = (l: Lowering, node: ts.IfStatement): Statement => {
  const condition = l.expression(node.expression)
  const yes = single(l, node.thenStatement)
  const no = node.elseStatement === undefined ? undefined : single(l, node.elseStatement)
  return l.statementNode({
    t: "If",
    c: condition,
    a: yes,
    ...(no === undefined ? {} : { b: no }),
    p: l.position(node)
  }, [condition, yes, no])
}

const ReturnStatement = (l: Lowering, node: ts.ReturnStatement): Statement => {
  const value: Expression = node.expression === undefined
    ? { t: "Undef" }
    : l.expression(node.expression)
  const p = l.position(node)
  // An async generator awaits what it returns, within the `try` around it.
  const returned = l.frame.kind === "asyncGenerator" && node.expression !== undefined
    ? l.node({ t: "Await", e: value, p }, [], true)
    : value
  return l.statementNode({ t: "Ret", e: returned, p }, [returned])
}

const SwitchStatement = (l: Lowering, node: ts.SwitchStatement): Statement => {
  const value = l.expression(node.expression)
  const scope = l.here.scopes.get(node.caseBlock)
  if (scope === undefined) throw new Error("a switch has no scope")
  return l.within(scope, () => {
    const { clauses } = node.caseBlock
    const fns = hoisted(l, clauses.flatMap((clause) => Array.from(clause.statements)))
    const cases = clauses.map((clause) => {
      const test = ts.isCaseClause(clause) ? l.expression(clause.expression) : undefined
      const body = l.block(clause.statements.flatMap((each) => l.statement(each)))
      return { ...(test === undefined ? {} : { e: test }), b: body }
    })
    return l.statementNode({
      t: "Switch",
      d: value,
      size: scope.size(),
      tdz: scope.unset(),
      fns,
      cs: cases,
      p: l.position(node)
    }, [value, ...cases.flatMap((each) => [each.e, each.b])])
  })
}

const TryStatement = (l: Lowering, node: ts.TryStatement): Statement => {
  const body = ranged(l, () => Block(l, node.tryBlock))
  const handler = node.catchClause === undefined ? undefined : catchClause(l, node.catchClause)
  const { finallyBlock } = node
  const final = finallyBlock === undefined ? undefined : ranged(l, () => Block(l, finallyBlock))
  return l.statementNode({
    t: "Try",
    b: body.lowered,
    ...(body.range === undefined ? {} : { br: body.range }),
    ...(handler === undefined ? {} : { c: handler }),
    ...(final === undefined ? {} : { f: final.lowered }),
    ...(final?.range === undefined ? {} : { fr: final.range }),
    p: l.position(node)
  }, [body.lowered, handler?.b, final?.lowered])
}

/** A part of a `try` with the slots that it took; none when it cannot suspend. */
const ranged = (
  l: Lowering,
  lower: () => Statement
): { readonly lowered: Statement; readonly range: SlotRange | undefined } => {
  const from = l.frame.slots
  const lowered = lower()
  const to = l.frame.slots
  return { lowered, range: from === to ? undefined : [from, to] }
}

const catchClause = (
  l: Lowering,
  node: ts.CatchClause
): NonNullable<(Statement & { readonly t: "Try" })["c"]> => {
  const scope = l.here.scopes.get(node)
  if (scope === undefined) throw new Error("a catch clause has no scope")
  return l.within(scope, () => {
    const name = node.variableDeclaration?.name
    const variable = name !== undefined && ts.isIdentifier(name)
      ? scope.variables.get(name.text)
      : undefined
    const place = variable?.home === undefined
      ? l.temporary()
      : { home: variable.home, index: variable.index }
    const exc = l.addressOf(place)
    const { lowered, range } = ranged(l, () => {
      const bound = name === undefined || ts.isIdentifier(name)
        ? []
        : l.kinds.bind(l, name, l.readTemporary(place), "initialise", { text: CAUGHT })
      const cleared = variable === undefined ? l.clear([place]) : []
      const before = [...bound, ...cleared].map((each) => l.evaluate(each))
      return l.block([...before, Block(l, node.block)])
    })
    return {
      size: scope.size(),
      tdz: scope.unset(),
      exc,
      b: lowered,
      ...(range === undefined ? {} : { r: range })
    }
  })
}
