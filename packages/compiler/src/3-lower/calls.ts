/**
 * Calls, `new` and tagged templates.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import { isChannel } from "../2-analyze/channels.ts"
import { unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import type { CallSite } from "./CallPrinter.ts"
import { callNamed, callSite } from "./callSite.ts"
import type { Frame, Lowering } from "./Lowering.ts"
import {
  accessPosition,
  chainAround,
  checkHostMember,
  isInChain,
  keyOf,
  objectOf
} from "./members.ts"
import { fromMeaning, meaningOf, NOTHING } from "./names.ts"
import { nodeOffset } from "./nodeOffset.ts"
import { type Access, callOffset, isAccessNode, isReadElsewhere } from "./positions.ts"
import { calleeText, sourceText } from "./sourceText.ts"
import { templateObject } from "./templates.ts"
import { readVariable } from "./variables.ts"

export const CallExpression = (l: Lowering, node: ts.CallExpression): Expression => {
  if (node.expression.kind === ts.SyntaxKind.SuperKeyword) return superCall(l, node)
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    l.report(catalogue.dynamicImport(node))
    return NOTHING
  }
  const call = plainCall(l, node)
  return isInChain(node) ? chainAround(l, call) : call
}

const plainCall = (l: Lowering, node: ts.CallExpression): Expression => {
  const callee = unwrap(node.expression)
  const p = l.positionAt(callOffset(node))
  const named = callNamed(node, calleeText(node.expression))
  const isOptional = node.questionDotToken !== undefined
  const meaning = meaningOf(l, callee)
  if (meaning?.kind === "core" && meaning.name === "workflow" && node !== l.topCall) {
    l.report(catalogue.workflowNotTopLevel(node, callee.getText()))
  }
  if (isAccessNode(callee) && meaning === undefined) {
    return isParenthesizedChain(node, callee)
      ? callOfChain(l, node, callee, named, p)
      : methodCall(l, node, callee, named, p)
  }
  const { isLinked, object } = meaning === undefined
    ? objectOf(l, node.expression)
    : { isLinked: false, object: fromMeaning(l, meaning, callee, callee.getText()) }
  // Schemas are for the senders: a program has the channel's name only.
  const given = isChannel(meaning) ? node.arguments.slice(0, 1) : node.arguments
  const args = argumentsOf(l, given)
  return l.node({
    t: "Call",
    f: object,
    a: args,
    ...named,
    ...(isOptional ? { opt: 1 as const } : {}),
    ...(isLinked ? { ch: 1 as const } : {}),
    p
  }, [object, ...args])
}

const methodCall = (
  l: Lowering,
  node: ts.CallExpression,
  callee: Access,
  named: CallSite,
  p: number
): Expression => {
  checkHostMember(l, callee)
  const { isLinked, object } = objectOf(l, callee.expression)
  const key = keyOf(l, callee)
  const args = argumentsOf(l, node.arguments)
  return l.node({
    t: "CallM",
    o: object,
    k: key,
    a: args,
    ...named,
    ...(callee.questionDotToken === undefined ? {} : { opt: 1 as const }),
    ...(node.questionDotToken === undefined ? {} : { copt: 1 as const }),
    ...(isLinked ? { ch: 1 as const } : {}),
    p,
    ...(isReadElsewhere(callee) ? { pk: accessPosition(l, callee) } : {})
  }, [object, key, ...args])
}

/** Whether the callee is a chain that parentheses end before the call: `(a?.b)()`. */
const isParenthesizedChain = (node: ts.CallExpression, callee: Access): boolean =>
  isInChain(callee) && ts.isParenthesizedExpression(withoutTypes(node.expression))

/**
 * `(a?.b)()`: the chain ends before the call, but `this` is still `a`.
 *
 * Without an `a` the callee is undefined, and calling it throws after the
 * arguments were evaluated.
 */
const callOfChain = (
  l: Lowering,
  node: ts.CallExpression,
  callee: Access,
  named: CallSite,
  p: number
): Expression => {
  const place = l.temporary()
  const object = l.expression(callee.expression)
  const store = l.writeTemporary(place, object)
  const key = keyOf(l, callee)
  const lower = (): ReadonlyArray<Expression> => argumentsOf(l, node.arguments)
  const opt = node.questionDotToken === undefined ? {} : { opt: 1 as const }
  const copt = node.questionDotToken === undefined ? {} : { copt: 1 as const }
  const missing = lower()
  const undefinedCall = chainAround(
    l,
    l.node({ t: "Call", f: NOTHING, a: missing, ...named, ...opt, p }, missing)
  )
  const args = lower()
  const read = l.readTemporary(place)
  const call = chainAround(
    l,
    l.node({ t: "CallM", o: read, k: key, a: args, ...named, ...copt, p }, [key, ...args])
  )
  const isMissing: Expression = {
    t: "Bin",
    op: "==",
    l: read,
    r: { t: "Lit", v: null },
    p
  }
  const choice = l.node(
    { t: "Cond", c: isMissing, a: undefinedCall, b: call },
    [undefinedCall, call]
  )
  return l.sequence([store, choice])
}

export const argumentsOf = (
  l: Lowering,
  nodes: ReadonlyArray<ts.Expression>
): ReadonlyArray<Expression> => nodes.map((node) => element(l, node))

/** An element of an argument list or an array. */
export const element = (l: Lowering, node: ts.Expression): Expression => {
  if (ts.isOmittedExpression(node)) return { t: "Hole" }
  if (!ts.isSpreadElement(node)) return l.expression(node)
  const at = nodeOffset(node.expression)
  return {
    t: "Spread",
    e: l.expression(node.expression),
    ...(isOnlyLast(node) ? { n: sourceText(node.expression) } : callSite(node, at)),
    p: l.positionAt(at)
  }
}

/** A call that ends in its only spread has messages of its own. */
const isOnlyLast = (node: ts.SpreadElement): boolean => {
  const { parent } = node
  if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent)) return false
  const { arguments: given = [] } = parent
  return given.at(-1) === node && given.filter(ts.isSpreadElement).length === 1
}

export const NewExpression = (l: Lowering, node: ts.NewExpression): Expression => {
  const callee = l.expression(node.expression)
  const { n } = callNamed(node, sourceText(node.expression))
  const named = n === undefined ? {} : { n }
  const args = argumentsOf(l, node.arguments ?? [])
  return l.node({
    t: "New",
    f: callee,
    a: args,
    ...named,
    p: l.position(node)
  }, [callee, ...args])
}

export const TaggedTemplateExpression = (
  l: Lowering,
  node: ts.TaggedTemplateExpression
): Expression => {
  const tag = unwrap(node.tag)
  const template = node.template
  const lowerArguments = (): ReadonlyArray<Expression> => [
    templateObject(l, template),
    ...(ts.isTemplateExpression(template)
      ? template.templateSpans.map((span) => l.expression(span.expression))
      : [])
  ]
  const named = callNamed(node, sourceText(node.tag))
  const p = l.position(template)
  if (isAccessNode(tag) && meaningOf(l, tag) === undefined) {
    const { object } = objectOf(l, tag.expression)
    const key = keyOf(l, tag)
    const args = lowerArguments()
    return l.node({ t: "CallM", o: object, k: key, a: args, ...named, p }, [object, key, ...args])
  }
  const callee = l.expression(node.tag)
  const args = lowerArguments()
  return l.node({ t: "Call", f: callee, a: args, ...named, p }, [callee, ...args])
}

// ---- super(…)

/** `super(…)`, and after it the parameter properties of the constructor around it. */
const superCall = (l: Lowering, node: ts.CallExpression): Expression => {
  const constructor = constructorOf(l.frame)
  if (constructor === undefined) {
    l.report(catalogue.syntax(node, "'super' keyword unexpected here"))
    return NOTHING
  }
  const args = argumentsOf(l, node.arguments)
  const call = l.node({ t: "SuperCall", a: args, p: l.position(node) }, args)
  const properties = parameterProperties(l, constructor)
  return properties.length === 0
    ? call
    : l.sequence([call, ...properties, { t: "This", p: l.position(node) }])
}

const constructorOf = (frame: Frame): ts.ConstructorDeclaration | undefined => {
  let here: Frame | undefined = frame
  while (here?.node !== undefined && ts.isArrowFunction(here.node)) here = here.outer
  const node = here?.node
  return node !== undefined && ts.isConstructorDeclaration(node) &&
      node.parent.heritageClauses?.some((each) => each.token === ts.SyntaxKind.ExtendsKeyword)
    ? node
    : undefined
}

/** `this.x = x` for each `constructor(public x)`. */
export const parameterProperties = (
  l: Lowering,
  node: ts.ConstructorDeclaration
): ReadonlyArray<Expression> =>
  node.parameters.flatMap((parameter) => {
    if (!ts.isParameterPropertyDeclaration(parameter, node)) return []
    const name = parameter.name
    const variable = ts.isIdentifier(name) ? l.scope.lookup(name.text) : undefined
    if (!ts.isIdentifier(name) || variable === undefined) return []
    return [{
      t: "SetM" as const,
      o: { t: "This" as const, p: l.position(name) },
      k: { t: "Lit" as const, v: name.text },
      // Seen from the body, where all parameters are bound.
      e: readVariable(l, variable, node.body!),
      p: l.position(name)
    }]
  })
