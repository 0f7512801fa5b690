/**
 * Fields of classes, with either meaning that TypeScript gives them.
 *
 * ECMAScript defines a field on the new object. Under a target below ES2022, or
 * `useDefineForClassFields: false`, TypeScript assigns it instead, and a field
 * without a value does not exist. An assigned field becomes a hidden private one
 * whose initialiser does the assignment, so that it runs at the same moment.
 *
 * @since 0.1.0
 */
import type { ClassMember, FunctionNode, MemberKey } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"
import { hasModifier } from "../1-parse/ModuleSyntax.ts"
import { hiddenField } from "../2-analyze/scopes.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { hoisted } from "./blocks.ts"
import { frameOf } from "./functions.ts"
import type { Lowering } from "./Lowering.ts"

type KeyOf = (name: ts.PropertyName) => { readonly key: MemberKey; readonly text: string }

/** A field as a member of the class; none when nothing of it is left at run time. */
export const field = (
  l: Lowering,
  owner: ts.ClassLikeDeclaration,
  member: ts.PropertyDeclaration,
  isDefining: boolean,
  keyOf: KeyOf
): ReadonlyArray<ClassMember> => {
  if (!isDefining && !ts.isPrivateIdentifier(member.name)) {
    return assignedField(l, owner, member, keyOf)
  }
  const { key, text } = keyOf(member.name)
  const { initializer } = member
  const f = initializer === undefined ? {} : {
    f: initialisation(l, member, () => {
      const value = l.expression(initializer, text)
      return l.statementNode({ t: "Ret", e: value, p: l.position(initializer) }, [value])
    })
  }
  return [{ kind: "field", ...staticOf(member), key, ...f }]
}

/** Parameter properties are fields, declared before the others and set by the constructor. */
export const parameterFields = (
  node: ts.ConstructorDeclaration
): ReadonlyArray<ClassMember> =>
  parameterNames(node).map((name) => ({ kind: "field", key: { lit: name } }))

export const staticBlock = (l: Lowering, member: ts.ClassStaticBlockDeclaration): number =>
  initialisation(l, member, () =>
    l.block([
      ...hoisted(l, member.body.statements),
      ...member.body.statements.flatMap((statement) => l.statement(statement))
    ]))

const staticOf = (member: ts.PropertyDeclaration): { readonly st?: 1 } =>
  hasModifier(member, ts.SyntaxKind.StaticKeyword) ? { st: 1 } : {}

const parameterNames = (node: ts.ConstructorDeclaration): ReadonlyArray<string> =>
  node.parameters.flatMap((parameter) =>
    ts.isParameterPropertyDeclaration(parameter, node) && ts.isIdentifier(parameter.name)
      ? [parameter.name.text]
      : []
  )

const assignedField = (
  l: Lowering,
  owner: ts.ClassLikeDeclaration,
  member: ts.PropertyDeclaration,
  keyOf: KeyOf
): ReadonlyArray<ClassMember> => {
  const { initializer } = member
  if (initializer === undefined) return []
  const { key, text } = keyOf(member.name)
  if (!("lit" in key)) {
    l.report(
      catalogue.unsupportedSyntax(
        member.name,
        "A computed field under `useDefineForClassFields: false` or a target below ES2022"
      )
    )
    return []
  }
  const isStatic = staticOf(member).st === 1
  if (!isStatic && readsParameters(owner, initializer)) {
    l.report(
      catalogue.unsupportedSyntax(
        initializer,
        "A field that is computed from parameter properties, " +
          "under `useDefineForClassFields: false` or a target below ES2022,"
      )
    )
  }
  const f = initialisation(l, member, () => {
    const value = l.expression(initializer, text)
    const p = l.position(member.name)
    return l.evaluate({ t: "SetM", o: { t: "This", p }, k: { t: "Lit", v: key.lit }, e: value, p })
  })
  if (isStatic) return [{ kind: "block", st: 1, f }]
  const hidden = hiddenField(owner, member)
  return [{ kind: "field", key: { priv: hidden, i: l.scope.privates.get(hidden)! }, f }]
}

/**
 * Whether an initialiser may see a parameter property.
 *
 * Assigned fields come after parameter properties; here they come before, which
 * only such an initialiser could tell.
 */
const readsParameters = (owner: ts.ClassLikeDeclaration, initializer: ts.Expression): boolean => {
  const constructor = owner.members.find((each) =>
    ts.isConstructorDeclaration(each) && each.body !== undefined
  )
  const names = constructor !== undefined && ts.isConstructorDeclaration(constructor)
    ? parameterNames(constructor)
    : []
  if (names.length === 0) return false
  const reads = (node: ts.Node): boolean => {
    // What a function of the initialiser reads, it reads later.
    if (ts.isFunctionLike(node)) return false
    if (node.kind === ts.SyntaxKind.ThisKeyword) {
      const access = node.parent
      const isOther = ts.isPropertyAccessExpression(access) && !names.includes(access.name.text) &&
        !(ts.isCallExpression(access.parent) && access.parent.expression === access)
      return !isOther
    }
    return ts.forEachChild(node, (child) => reads(child) || undefined) === true
  }
  return reads(initializer)
}

/** A method without parameters that the class calls itself. */
const initialisation = (l: Lowering, member: ts.Node, body: () => Statement): number => {
  const index = l.output.newFunction()
  const scope = l.here.scopes.get(member)
  if (scope === undefined) throw new Error("a class member has no scope")
  const p = l.position(member)
  l.inFrame("sync", member, scope, (frame) => {
    const lowered = body()
    const fn: FunctionNode = {
      n: "",
      k: "sync",
      method: 1,
      len: 0,
      ...frameOf(frame),
      body: lowered,
      p
    }
    l.output.functions[index] = fn
  })
  return index
}
