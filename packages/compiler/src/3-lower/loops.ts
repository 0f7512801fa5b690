/**
 * Loops.
 *
 * The head of a `for` has a scope of its own, whose environment, if it has one,
 * is copied for every iteration.
 *
 * @since 0.1.0
 */
import type { Statement } from "@rappel/core/program/Statement"
import type { Scope } from "../2-analyze/Scope.ts"
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { single } from "./blocks.ts"
import { callSite } from "./callSite.ts"
import { declarations } from "./declarations.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"
import { LOOP } from "./patterns.ts"

type Labels = ReadonlyArray<string>

export const WhileStatement = (
  l: Lowering,
  node: ts.WhileStatement,
  labels: Labels
): Statement => {
  const condition = l.expression(node.expression)
  const body = single(l, node.statement)
  return l.statementNode(
    { t: "While", c: condition, b: body, L: labels, p: l.position(node) },
    [condition, body]
  )
}

export const DoStatement = (l: Lowering, node: ts.DoStatement, labels: Labels): Statement => {
  const body = single(l, node.statement)
  const condition = l.expression(node.expression)
  return l.statementNode(
    { t: "Do", b: body, c: condition, L: labels, p: l.position(node) },
    [body, condition]
  )
}

const scopeOf = (l: Lowering, node: ts.Node): Scope => {
  const scope = l.here.scopes.get(node)
  if (scope === undefined) throw new Error("a loop has no scope")
  return scope
}

export const ForStatement = (l: Lowering, node: ts.ForStatement, labels: Labels): Statement => {
  const scope = scopeOf(l, node)
  return l.within(scope, () => {
    const init = l.block(initializerOf(l, node.initializer))
    const condition = node.condition === undefined ? undefined : l.expression(node.condition)
    const update = node.incrementor === undefined ? undefined : l.expression(node.incrementor)
    const body = single(l, node.statement)
    return l.statementNode({
      t: "For",
      size: scope.size(),
      tdz: scope.unset(),
      init,
      ...(condition === undefined ? {} : { c: condition }),
      ...(update === undefined ? {} : { u: update }),
      b: body,
      L: labels,
      p: l.position(node)
    }, [init, condition, update, body])
  })
}

const initializerOf = (
  l: Lowering,
  node: ts.ForInitializer | undefined
): ReadonlyArray<Statement> => {
  if (node === undefined) return []
  return ts.isVariableDeclarationList(node)
    ? declarations(l, node)
    : [l.evaluate(l.expression(node))]
}

export const ForOfStatement = (
  l: Lowering,
  node: ts.ForOfStatement | ts.ForInStatement,
  labels: Labels
): Statement => {
  const isAwait = ts.isForOfStatement(node) && node.awaitModifier !== undefined
  if (isAwait && l.frame.node === undefined) l.report(catalogue.topLevelAwait(node))
  const right = l.here.scopes.get(node.initializer) ?? l.scope
  const source = l.within(right, () => l.expression(node.expression))
  const at = lastPosition(node, "run")
  const site = ts.isForOfStatement(node) ? callSite(node, at) : {}
  const scope = scopeOf(l, node)
  return l.within(scope, () => {
    const head = bindItem(l, node)
    const bind = l.block(head.statements)
    const body = single(l, node.statement)
    return l.statementNode(
      {
        t: ts.isForOfStatement(node) ? "ForOf" : "ForIn",
        e: source,
        item: head.item,
        bind,
        b: body,
        size: scope.size(),
        tdz: scope.unset(),
        L: labels,
        ...(isAwait ? { aw: 1 as const } : {}),
        ...site,
        pn: l.positionAt(lastPosition(node, "next")),
        pc: l.positionAt(lastPosition(node, "close")),
        p: l.positionAt(at)
      },
      [source, bind, body],
      isAwait
    )
  })
}

/** Where each value is stored, and what binds it from there. */
const bindItem = (
  l: Lowering,
  node: ts.ForOfStatement | ts.ForInStatement
): { readonly item: { d: number; i: number }; readonly statements: ReadonlyArray<Statement> } => {
  const initializer = node.initializer
  const list = ts.isVariableDeclarationList(initializer) ? initializer : undefined
  if (list !== undefined && (list.flags & ts.NodeFlags.Using) === ts.NodeFlags.Using) {
    l.report(catalogue.unsupportedSyntax(list, "A `using` declaration"))
  }
  const target = list === undefined
    ? unwrap(initializer as ts.Expression)
    : list.declarations[0]?.name
  // `for (let of x)`: the early errors say so.
  if (target === undefined) return { item: l.addressOf(l.temporary()), statements: [] }
  if (list !== undefined && ts.isIdentifier(target)) {
    const variable = l.scope.lookup(target.text)
    if (variable?.home !== undefined) {
      return { item: { d: l.scope.depthTo(variable.home), i: variable.index }, statements: [] }
    }
  }
  const place = l.temporary()
  const bound = l.kinds.bind(
    l,
    target,
    l.readTemporary(place),
    list === undefined ? "assign" : "initialise",
    { text: LOOP }
  )
  return {
    item: { ...l.addressOf(place) },
    statements: [...bound, ...l.clear([place])].map((each) => l.evaluate(each))
  }
}
