/**
 * Classes.
 *
 * Members stay in source order; computed keys are evaluated with the class, each
 * field's initialiser and each static block is a method of its own.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { ClassMember, MemberKey } from "@rappel/core/program/Program"
import { DEFAULT, hasModifier } from "../1-parse/ModuleSyntax.ts"
import { exportNameOf } from "../2-analyze/Modules.ts"
import { isErased } from "../2-analyze/syntaxKinds.ts"
import { definesFields } from "../2-analyze/tsconfig.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { field, parameterFields, staticBlock } from "./classFields.ts"
import { inferredName } from "./inferredNames.ts"
import { lastPosition } from "./lastPosition.ts"
import { methodName } from "./literals.ts"
import type { Lowering } from "./Lowering.ts"
import { literalKey, propertyKey } from "./propertyKey.ts"

export const classLike = (
  l: Lowering,
  node: ts.ClassLikeDeclaration,
  name: string | undefined
): Expression => {
  const scope = l.here.scopes.get(node)
  if (scope === undefined) throw new Error("a class has no scope")
  reportDecorators(l, node)
  const index = l.output.newClass()
  const p = l.position(node)
  return l.within(scope, () => {
    const heritage = heritageOf(node)
    const parent = heritage === undefined ? undefined : l.expression(heritage)
    const members = lowerMembers(l, node, parent !== undefined)
    const exported = exportOf(l, node)
    const n = node.name?.text ?? name ?? ""
    const dn = n === "" ? inferredName(node) : ""
    l.output.classes[index] = {
      n,
      ...(dn === "" ? {} : { dn }),
      m: l.here.index,
      ...(exported === undefined ? {} : { x: exported }),
      ...(parent === undefined ? {} : { ext: 1 as const }),
      ...(members.constructor === undefined ? {} : { ctor: members.constructor }),
      members: members.list,
      privates: Array.from(scope.privates, ([n, i]) => ({ n, i })),
      p
    }
    const self = node.name === undefined ? undefined : scope.variables.get(node.name.text)
    return l.node({
      t: "Class",
      c: index,
      ...(parent === undefined ? {} : { ext: parent }),
      keys: members.keys,
      size: scope.size(),
      tdz: scope.unset(),
      ...(self?.kind === "self" && self.isReferenced
        ? { self: { d: scope.depthTo(self.home!), i: self.index } }
        : {}),
      p: l.positionAt(lastPosition(node, "run"))
    }, [parent, ...members.keys])
  })
}

const heritageOf = (node: ts.ClassLikeDeclaration): ts.Expression | undefined =>
  node.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ExtendsKeyword)
    ?.types[0]?.expression

const exportOf = (l: Lowering, node: ts.ClassLikeDeclaration): string | undefined =>
  ts.isClassDeclaration(node) && ts.isSourceFile(node.parent)
    ? exportNameOf(l.module, node.name?.text ?? DEFAULT)
    : undefined

const reportDecorators = (l: Lowering, node: ts.Node): void => {
  for (const decorator of ts.canHaveDecorators(node) ? ts.getDecorators(node) ?? [] : []) {
    l.report(catalogue.decorator(decorator))
  }
}

interface Members {
  readonly list: ReadonlyArray<ClassMember>
  readonly keys: ReadonlyArray<Expression>
  readonly constructor: number | undefined
}

const lowerMembers = (
  l: Lowering,
  node: ts.ClassLikeDeclaration,
  isDerived: boolean
): Members => {
  const list: Array<ClassMember> = []
  const keys: Array<Expression> = []
  let constructor: number | undefined
  const isDefining = definesFields(l.modules.files, l.module.file)

  const keyOf = (name: ts.PropertyName): { readonly key: MemberKey; readonly text: string } => {
    const key = propertyKey(l, name)
    const text = literalKey(name)
    if (text !== undefined) return { key: { lit: text }, text }
    if (key.t === "Priv") return { key: { priv: key.n, i: key.i }, text: key.n }
    return { key: { ck: keys.push(key) - 1 }, text: "" }
  }

  for (const member of node.members) {
    if (isErased(member) || ts.isSemicolonClassElement(member)) continue
    reportDecorators(l, member)
    const st = hasModifier(member, ts.SyntaxKind.StaticKeyword) ? { st: 1 as const } : {}
    if (ts.isConstructorDeclaration(member)) {
      if (member.body === undefined) continue
      if (st.st === 1) {
        // TypeScript takes it for the constructor; in ECMAScript it is a method.
        l.report(catalogue.unsupportedSyntax(member, "A static method named `constructor`"))
      }
      list.unshift(...parameterFields(member))
      constructor = l.kinds.functionLike(l, member, { name: node.name?.text ?? "", isDerived })
    } else if (ts.isClassStaticBlockDeclaration(member)) {
      list.push({ kind: "block", st: 1, f: staticBlock(l, member) })
    } else if (ts.isPropertyDeclaration(member)) {
      if (hasModifier(member, ts.SyntaxKind.AccessorKeyword)) {
        l.report(catalogue.unsupportedSyntax(member, "An `accessor` field"))
      } else {
        list.push(...field(l, node, member, isDefining, keyOf))
      }
    } else if (
      ts.isMethodDeclaration(member) || ts.isGetAccessor(member) || ts.isSetAccessor(member)
    ) {
      if (member.body === undefined) continue
      const kind = ts.isGetAccessor(member) ? "get" : ts.isSetAccessor(member) ? "set" : "method"
      const { key, text } = keyOf(member.name)
      const name = text === "" ? "" : methodName(kind, text)
      list.push({ kind, ...st, key, f: l.kinds.functionLike(l, member, { name }) })
    }
  }
  return { list, keys, constructor }
}
