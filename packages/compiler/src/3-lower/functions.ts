/**
 * Functions of all kinds: declarations, expressions, arrows, methods, accessors
 * and constructors.
 *
 * The body begins with the binding of the parameters, in order; then come the
 * hoisted functions, then the statements.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { FunctionKind } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"
import { hasModifier } from "../1-parse/ModuleSyntax.ts"
import type { Scope } from "../2-analyze/Scope.ts"
import { type FunctionSyntax, isErased } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { hoisted } from "./blocks.ts"
import { parameterProperties } from "./calls.ts"
import { callSite } from "./callSite.ts"
import { inferredName } from "./inferredNames.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Frame, Lowering } from "./Lowering.ts"
import { functionOffset } from "./positions.ts"
import { readVariable, writeVariable } from "./variables.ts"

/** A closure of a function expression or arrow. */
export const FunctionExpression = (
  l: Lowering,
  node: ts.FunctionExpression | ts.ArrowFunction,
  name: string | undefined
): Expression => ({
  t: "Fn",
  f: functionLike(l, node, name === undefined ? {} : { name })
})

/** The index of the lowered function. `name` is for functions that have none of their own. */
export const functionLike = (
  l: Lowering,
  node: FunctionSyntax,
  options: { readonly name?: string; readonly isDerived?: boolean }
): number => {
  const index = l.output.newFunction()
  const scope = l.here.scopes.get(node)
  // Every function with a body got a scope when its unit was reached.
  if (scope === undefined) throw new Error("a function has no scope")
  for (const modifier of ts.canHaveDecorators(node) ? ts.getDecorators(node) ?? [] : []) {
    l.report(catalogue.decorator(modifier))
  }
  const p = l.positionAt(functionOffset(node))
  const kind = kindOf(node)
  const parameters = node.parameters.filter((each) => !isErased(each))
  l.inFrame(kind, node, scope, (frame) => {
    const bound = parameters.flatMap((parameter, i) => bindParameter(l, parameter, i))
    const isGenerator = kind === "generator" || kind === "asyncGenerator"
    const body = l.block([
      ...bound,
      ...ownProperties(l, node, options.isDerived === true),
      ...bodyOf(l, node, scope)
    ])
    const self = ts.isFunctionExpression(node) && node.name !== undefined
      ? scope.variables.get(node.name.text)
      : undefined
    const n = nameOf(node) ?? options.name ?? ""
    const dn = n === "" ? shownName(node) : ""
    l.output.functions[index] = {
      n,
      ...(dn === "" ? {} : { dn }),
      k: kind,
      ...(ts.isArrowFunction(node) ? { arrow: 1 as const } : {}),
      ...(isMethod(node) ? { method: 1 as const } : {}),
      ...(options.isDerived === true ? { derived: 1 as const } : {}),
      len: lengthOf(parameters),
      ...(self?.kind === "self" && self.isReferenced ? { self: self.index } : {}),
      ...(isGenerator && bound.length > 0 ? { heads: bound.length } : {}),
      ...frameOf(frame),
      body,
      p
    }
  })
  return index
}

/** Size, names and slots of a frame; final once its body is lowered. */
export const frameOf = (frame: Frame): {
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly slots: number
  readonly names: ReadonlyArray<string>
} => ({
  size: frame.scope.size(),
  tdz: frame.scope.unset(),
  slots: frame.slots,
  names: frame.scope.slots
})

const kindOf = (node: FunctionSyntax): FunctionKind => {
  const isAsync = hasModifier(node, ts.SyntaxKind.AsyncKeyword)
  const isGenerator = "asteriskToken" in node && node.asteriskToken !== undefined
  if (isGenerator) return isAsync ? "asyncGenerator" : "generator"
  return isAsync ? "async" : "sync"
}

/** What stacks call a function without a name; a computed key gives it one when it runs. */
const shownName = (node: FunctionSyntax): string => {
  if (ts.isConstructorDeclaration(node)) return inferredName(node.parent)
  const { parent } = node
  const isKeyed = (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) &&
    ts.isComputedPropertyName(parent.name)
  return isKeyed || isMethod(node) ? "" : inferredName(node)
}

const isMethod = (node: FunctionSyntax): boolean =>
  ts.isMethodDeclaration(node) || ts.isGetAccessor(node) || ts.isSetAccessor(node)

const nameOf = (node: FunctionSyntax): string | undefined =>
  (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node)) ? node.name?.text : undefined

/** Parameters before the first with a default, or the rest. */
const lengthOf = (parameters: ReadonlyArray<ts.ParameterDeclaration>): number => {
  const end = parameters.findIndex((each) =>
    each.initializer !== undefined || each.dotDotDotToken !== undefined
  )
  return end < 0 ? parameters.length : end
}

const bindParameter = (
  l: Lowering,
  parameter: ts.ParameterDeclaration,
  i: number
): ReadonlyArray<Statement> => {
  for (const decorator of ts.getDecorators(parameter) ?? []) {
    l.report(catalogue.decorator(decorator))
  }
  const { initializer, name } = parameter
  let value: Expression = parameter.dotDotDotToken === undefined
    ? { t: "Arg", i }
    : { t: "RestArg", i }
  if (initializer !== undefined) {
    const called = ts.isIdentifier(name) ? name.text : undefined
    const initial = l.expression(initializer, called)
    value = l.node({ t: "Dflt", e: value, d: initial }, [initial])
  }
  const origin = initializer === undefined
    ? { isParameter: true as const }
    // V8 names a parameter with a default as the conditional that it makes of it.
    : { text: "(intermediate value)(intermediate value)(intermediate value)" }
  return l.kinds.bind(l, name, value, "initialise", origin).map((each) => l.evaluate(each))
}

/** Parameter properties of a class that extends nothing; others follow `super(…)`. */
const ownProperties = (
  l: Lowering,
  node: FunctionSyntax,
  isDerived: boolean
): ReadonlyArray<Statement> =>
  ts.isConstructorDeclaration(node) && !isDerived
    ? parameterProperties(l, node).map((each) => l.evaluate(each))
    : []

const bodyOf = (l: Lowering, node: FunctionSyntax, scope: Scope): ReadonlyArray<Statement> => {
  const body = node.body!
  if (!ts.isBlock(body)) {
    const value = l.expression(body)
    return [l.statementNode({ t: "Ret", e: value, p: l.position(body) }, [value])]
  }
  const inner = l.here.scopes.get(body) ?? scope
  return l.within(inner, () => [
    ...copiedParameters(l, node, inner, scope),
    ...hoisted(l, body.statements),
    ...body.statements.flatMap((statement) => l.statement(statement))
  ])
}

/** `var x` in a body with its own scope begins with the value of the parameter `x`. */
const copiedParameters = (
  l: Lowering,
  node: ts.Node,
  body: Scope,
  parameters: Scope
): ReadonlyArray<Statement> => {
  if (body === parameters) return []
  return Array.from(body.variables.values()).flatMap((variable) => {
    const parameter = parameters.variables.get(variable.name)
    if (variable.kind !== "var" || parameter?.kind !== "parameter") return []
    const value = readVariable(l, parameter, (node as FunctionSyntax).body!)
    return [l.evaluate(writeVariable(l, variable, value, "initialise", node))]
  })
}

export const AwaitExpression = (l: Lowering, node: ts.AwaitExpression): Expression => {
  const value = l.expression(node.expression)
  if (l.frame.node === undefined) l.report(catalogue.topLevelAwait(node))
  return l.node({ t: "Await", e: value, p: l.position(node) }, [], true)
}

export const YieldExpression = (l: Lowering, node: ts.YieldExpression): Expression => {
  const value: Expression = node.expression === undefined
    ? { t: "Undef" }
    : l.expression(node.expression)
  const p = l.position(node)
  if (node.asteriskToken === undefined) return l.node({ t: "Yield", e: value, p }, [], true)
  const at = lastPosition(node, "run")
  const site = callSite(node, at)
  return l.node({ t: "YieldStar", e: value, ...site, pn: l.positionAt(at), p }, [], true)
}
