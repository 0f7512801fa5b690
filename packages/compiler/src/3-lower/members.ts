/**
 * Property access, in and outside of optional chains, and `delete`.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import { hasModifier } from "../1-parse/ModuleSyntax.ts"
import { MEMBERS } from "../2-analyze/globals.ts"
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import { isWorkflow } from "../2-analyze/workflows.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"
import { fromMeaning, meaningOf, NOTHING } from "./names.ts"
import { type Access, accessOffset, isAccessNode } from "./positions.ts"

export const isInChain = (node: ts.Node): boolean => (node.flags & ts.NodeFlags.OptionalChain) !== 0

/** Methods of a workflow value that act on the database; `run`, `start` and `with` make children. */
const WORKFLOW_METHODS = new Set([
  "execute",
  "startIn",
  "startMany",
  "startWith",
  "toEffect",
  "visualize"
])

/** `a.b`, `a[b]`, `a?.b`. */
export const AccessExpression = (l: Lowering, node: Access): Expression => {
  const meaning = meaningOf(l, node)
  if (meaning !== undefined) return fromMeaning(l, meaning, node, node.getText())
  checkHostMember(l, node)
  const access = get(l, node)
  return isInChain(node) ? chainAround(l, access) : access
}

/** The last link of an optional chain, and with it the whole: what is skipped becomes undefined. */
export const chainAround = (l: Lowering, link: Expression): Expression =>
  l.node({ t: "Chain", e: link }, [link])

/** The object of a link, and whether a skipped one skips this link too. */
export const objectOf = (
  l: Lowering,
  node: ts.Expression
): { readonly object: Expression; readonly isLinked: boolean } => {
  if (node.kind === ts.SyntaxKind.SuperKeyword) return { object: { t: "Super" }, isLinked: false }
  let inner = node
  while (ts.isNonNullExpression(inner)) inner = inner.expression
  const object = l.expression(inner)
  // The chain goes on, so the `Chain` that its first links got is taken off again; it has no slots.
  return isInChain(inner) && object.t === "Chain"
    ? { object: object.e, isLinked: true }
    : { object, isLinked: false }
}

const get = (l: Lowering, node: Access): Expression => {
  const { isLinked, object } = objectOf(l, node.expression)
  const key = keyOf(l, node)
  return l.node({
    t: "Get",
    o: object,
    k: key,
    ...(node.questionDotToken === undefined ? {} : { opt: 1 as const }),
    ...(isLinked ? { ch: 1 as const } : {}),
    p: accessPosition(l, node)
  }, [object, key])
}

export const keyOf = (l: Lowering, node: Access): Expression => {
  if (ts.isElementAccessExpression(node)) return l.expression(node.argumentExpression)
  checkWorkflowMethod(l, node)
  return ts.isPrivateIdentifier(node.name)
    ? privateKey(l, node.name)
    : { t: "Lit", v: node.name.text }
}

export const privateKey = (
  l: Lowering,
  node: ts.PrivateIdentifier
): Expression & { readonly t: "Priv" } => {
  const home = l.scope.lookupPrivate(node.text)
  if (home === undefined) {
    l.report(
      catalogue.syntax(
        node,
        `Private field '${node.text}' must be declared in an enclosing class`
      )
    )
    return { t: "Priv", d: 0, i: 0, n: node.text }
  }
  return { t: "Priv", d: l.scope.depthTo(home), i: home.privates.get(node.text)!, n: node.text }
}

export const accessPosition = (l: Lowering, node: Access): number =>
  l.positionAt(accessOffset(node))

const checkWorkflowMethod = (l: Lowering, node: ts.PropertyAccessExpression): void => {
  if (!WORKFLOW_METHODS.has(node.name.text)) return
  const meaning = meaningOf(l, node.expression)
  if (meaning?.kind !== "binding" || !isWorkflow(l.modules, meaning.module, meaning.name)) return
  const unit = meaning.module.syntax.bindings.get(meaning.name)?.[0]
  const isOwn = unit?.kind === "class" &&
    unit.node.members.some((member) =>
      member.name?.getText() === node.name.text &&
      hasModifier(member, ts.SyntaxKind.StaticKeyword)
    )
  if (!isOwn) l.report(catalogue.childWorkflowMethods(node, node.getText()))
}

/** `console.table`, `crypto.subtle`: members of host objects that workflows do not have. */
export const checkHostMember = (l: Lowering, node: Access): void => {
  const object = unwrap(node.expression)
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(object)) return
  const members = MEMBERS.get(object.text)
  const isGlobal = l.scope.lookup(object.text) === undefined && meaningOf(l, object) === undefined
  if (members === undefined || !isGlobal || members.has(node.name.text)) return
  l.report(catalogue.hostGlobal(node, `${object.text}.${node.name.text}`))
}

export const DeleteExpression = (l: Lowering, node: ts.DeleteExpression): Expression => {
  const target = unwrap(node.expression)
  if (ts.isIdentifier(target)) {
    l.report(catalogue.syntax(node, "Delete of an unqualified identifier in strict mode."))
    return NOTHING
  }
  if (!isAccessNode(target)) {
    const value = l.expression(target)
    return l.sequence([value, { t: "Lit", v: true }])
  }
  if (ts.isPropertyAccessExpression(target) && ts.isPrivateIdentifier(target.name)) {
    l.report(catalogue.syntax(node, "Private fields can not be deleted"))
    return NOTHING
  }
  const { isLinked, object } = objectOf(l, target.expression)
  const key = keyOf(l, target)
  const deletion = l.node({
    t: "Del",
    o: object,
    k: key,
    ...(target.questionDotToken === undefined ? {} : { opt: 1 as const }),
    ...(isLinked ? { ch: 1 as const } : {}),
    p: l.positionAt(lastPosition(node, "run"))
  }, [object, key])
  if (!isInChain(target)) return deletion
  // `delete a?.b` is true when there is no `a`.
  const chain = chainAround(l, deletion)
  return l.node({ t: "Log", op: "??", l: chain, r: { t: "Lit", v: true } }, [chain])
}
