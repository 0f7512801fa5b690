/**
 * Modules: one function each that initialises the bindings that are reached.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { ModuleNode } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"
import { DEFAULT, type Unit } from "../1-parse/ModuleSyntax.ts"
import type { ActionDeclaration } from "../2-analyze/actions.ts"
import { isForeign, valueOf } from "../2-analyze/Modules.ts"
import { forwardedName, importsOf, type ReachedModule } from "../2-analyze/reach.ts"
import { unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { ClassDeclaration, declaration, initialise } from "./declarations.ts"
import { EnumDeclaration } from "./enums.ts"
import { frameOf } from "./functions.ts"
import { jsonModule } from "./jsonModule.ts"
import { objectOfProperties } from "./literals.ts"
import type { Lowering } from "./Lowering.ts"
import { fromMeaning } from "./names.ts"
import { aliasText, NamespaceDeclaration } from "./NamespaceDeclaration.ts"

/** Lowers what is reached of a module; gives the index of its function. */
export const lowerModule = (l: Lowering): number => {
  const { module } = l.here
  const index = l.output.newFunction()
  for (const node of module.syntax.foreign) {
    l.report(
      ts.isImportEqualsDeclaration(node) && !ts.isExternalModuleReference(node.moduleReference)
        ? catalogue.unsupportedSyntax(node, aliasText(node))
        : catalogue.commonjs(node, node.getText())
    )
  }
  for (const error of module.syntax.source.errors) {
    l.report({
      spec: catalogue.syntax.spec,
      message: messageOf(error.messageText),
      file: module.syntax.source.syntax,
      start: error.start,
      length: error.length
    })
  }
  const p = l.positionAt(0)
  const body = l.block(bodyOf(l))
  l.output.functions[index] = {
    n: "",
    k: "sync",
    method: 1,
    len: 0,
    ...frameOf(l.frame),
    body,
    p
  }
  return index
}

const bodyOf = (l: Lowering): ReadonlyArray<Statement> => {
  if (l.module.file.endsWith(".json")) return jsonModule(l)
  // A tree with holes where the parser gave up is not worth more findings.
  if (l.module.syntax.source.errors.length > 0) return []
  return [...functionsOf(l), ...forwards(l), ...inOrder(l)]
}

/** A module as programs list it, once all of them are lowered. */
export const moduleNode = (l: Lowering, f: number): ModuleNode => {
  const { here, output } = l
  const exports: Record<string, number | { m: number; x: string }> = {}
  for (const [name, local] of output.exports.get(here) ?? []) {
    const variable = here.scope.variables.get(local)
    if (variable !== undefined) exports[name] = variable.index
  }
  for (const [name, meaning] of here.forwarded) {
    const hidden = here.scope.variables.get(forwardedName(name))
    if (hidden !== undefined) exports[name] = hidden.index
    if (meaning.kind !== "binding" && meaning.kind !== "action") continue
    const target = l.reached.of(meaning.module)
    if (target === undefined) continue
    const local = meaning.kind === "binding" ? meaning.name : meaning.action.name
    exports[name] = { m: target.index, x: output.exportOf(target, local) }
  }
  return {
    file: here.module.name,
    f,
    imports: importsOf(here).map((each) => each.index),
    exports
  }
}

/** Makes every name that a whole namespace lists an export of its module. */
export const exportWhole = (l: Lowering): void => {
  const { here, modules, output } = l
  if (here.isWhole) {
    for (const name of modules.exportedNames(here.module)) {
      const meaning = modules.exported(here.module, name)
      const isBound = meaning?.kind === "binding" || meaning?.kind === "action"
      if (!isBound || meaning.module !== here.module) continue
      output.exportOf(here, meaning.kind === "binding" ? meaning.name : meaning.action.name)
    }
  }
  for (const meaning of here.forwarded.values()) {
    if (meaning.kind !== "binding" && meaning.kind !== "action") continue
    const target = l.reached.of(meaning.module)
    const local = meaning.kind === "binding" ? meaning.name : meaning.action.name
    if (target !== undefined) output.exportOf(target, local)
  }
}

const functionsOf = (l: Lowering): ReadonlyArray<Statement> =>
  unitsInOrder(l.here).flatMap((unit) => {
    if (unit.kind !== "function") return []
    const name = unit.node.name?.text ?? DEFAULT
    const f = l.kinds.functionLike(l, unit.node, { name: "default" })
    return [initialise(l, name, { t: "Fn", f }, unit.node)]
  })

/** What a namespace passes on and no other module holds. */
const forwards = (l: Lowering): ReadonlyArray<Statement> =>
  Array.from(l.here.forwarded).flatMap(([name, meaning]) => {
    if (meaning.kind === "binding" || meaning.kind === "action") return []
    const at = l.module.syntax.source.syntax.statements[0] ?? l.module.syntax.source.syntax
    if (isForeign(meaning)) {
      const from = meaning.kind === "package" ? meaning.specifier : l.module.name
      l.report(catalogue.npmCall(at, name, from))
    }
    const value = fromMeaning(l, meaning, at, name)
    const isHeld = l.here.scope.variables.has(forwardedName(name))
    return isHeld ? [initialise(l, forwardedName(name), value, at)] : []
  })

const inOrder = (l: Lowering): ReadonlyArray<Statement> => {
  const actions = Array.from(l.here.actions.values())
  const steps = [
    ...unitsInOrder(l.here).map((unit) => ({
      at: unit.node.pos,
      lower: () => lowerUnit(l, unit)
    })),
    ...actions.map((action) => ({
      at: action.node.pos,
      lower: () => [actionBinding(l, action)]
    }))
  ]
  return steps.sort((a, b) => a.at - b.at).flatMap((step) => step.lower())
}

const unitsInOrder = (here: ReachedModule): ReadonlyArray<Unit> =>
  Array.from(here.units).sort((a, b) => a.node.pos - b.node.pos)

const lowerUnit = (l: Lowering, unit: Unit): ReadonlyArray<Statement> => {
  const value = valueOf(unit)
  l.topCall = value === undefined ? undefined : unwrap(value)
  switch (unit.kind) {
    case "variable":
      return declaration(l, unit.node)
    case "class":
      return unit.node.name === undefined
        ? [initialise(l, DEFAULT, l.kinds.classLike(l, unit.node, "default"), unit.node)]
        : [ClassDeclaration(l, unit.node)]
    case "enum":
      return EnumDeclaration(l, unit.node)
    case "default": {
      const exported = l.expression(unit.node.expression, "default")
      return [initialise(l, DEFAULT, exported, unit.node)]
    }
    case "namespace":
      return NamespaceDeclaration(l, unit.node)
    case "statement":
      return l.statement(unit.node)
    case "function":
      return []
  }
}

/** An action with the policy that stands at its declaration, as a value: `action.with(policy)`. */
const actionBinding = (l: Lowering, action: ActionDeclaration): Statement => {
  const p = l.position(action.call)
  let value: Expression = { t: "Act", a: l.output.action(l.module, action) }
  const policies = [
    ...(action.policy.length === 0 ? [] : [objectOfProperties(l, action.policy, action.call)]),
    ...action.withs.map((each) => l.expression(each))
  ]
  for (const policy of policies) {
    value = {
      t: "CallM",
      o: value,
      k: { t: "Lit", v: "with" },
      a: [policy],
      n: `${action.name}.with`,
      p
    }
  }
  return initialise(l, action.name, value, action.node)
}

const messageOf = (text: string | { readonly messageText: string }): string =>
  typeof text === "string" ? text : text.messageText
