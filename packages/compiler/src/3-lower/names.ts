/**
 * Identifiers: variables, imports, actions, functions of `@rappel/core`, globals.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import {
  ALLOWED,
  COMMONJS,
  DYNAMIC_CODE,
  FOREIGN,
  HOST,
  NOT_STORABLE
} from "../2-analyze/globals.ts"
import type { Meaning, Module } from "../2-analyze/Modules.ts"
import { hasPolicy } from "../2-analyze/reach.ts"
import type { Scope, Variable } from "../2-analyze/Scope.ts"
import { NAMESPACE } from "../2-analyze/scopes.ts"
import { isFunction, unwrap } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import { didYouMean } from "../diagnostics/nearest.ts"
import ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"
import { readVariable, type Update, updateVariable, writeVariable } from "./variables.ts"

/** Exports of `@rappel/core` that the machine implements. */
const CORE: ReadonlySet<string> = new Set([
  "ActionLost",
  "ActionTimeout",
  "Cancelled",
  "publish",
  "runAction",
  "signal",
  "sleep",
  "until",
  "update",
  "waitFor",
  "WaitTimeout",
  "workflow",
  "Workflow"
])

/** Stands where a finding was reported; such a program is never run. */
export const NOTHING: Expression = { t: "Undef" }

export const Identifier = (l: Lowering, node: ts.Identifier): Expression => {
  const variable = l.scope.lookup(node.text)
  if (variable?.kind === "enumMember") return enumMember(l, variable, node)
  if (variable?.kind === "namespaceMember") {
    const p = l.position(node)
    return { t: "Get", o: namespaceOf(l, variable, node), k: { t: "Lit", v: node.text }, p }
  }
  if (variable !== undefined) return readVariable(l, variable, node)
  if (node.text === "undefined") return { t: "Undef" }
  if (node.text === "arguments" && hasArguments(node)) return { t: "Args" }
  const meaning = l.modules.local(l.module, node.text)
  if (meaning !== undefined) return fromMeaning(l, meaning, node, node.text)
  return globalName(l, node)
}

/** What an expression of names and dots leads to through namespaces; undefined for local variables. */
export const meaningOf = (l: Lowering, expression: ts.Expression): Meaning | undefined => {
  const node = unwrap(expression)
  if (ts.isIdentifier(node)) {
    const variable = l.scope.lookup(node.text)
    return variable === undefined || variable.scope.kind === "module"
      ? l.modules.local(l.module, node.text)
      : undefined
  }
  if (!ts.isPropertyAccessExpression(node)) return undefined
  const object = meaningOf(l, node.expression)
  return object === undefined ? undefined : l.modules.member(object, node.name.text)
}

/** A name of another module, or one that no variable of this program stands for. */
export const fromMeaning = (
  l: Lowering,
  meaning: Meaning,
  node: ts.Node,
  text: string
): Expression => {
  switch (meaning.kind) {
    case "binding":
      return fromModule(l, meaning, meaning.name, node)
    case "action": {
      const { action, module } = meaning
      if (action.exportName === undefined) {
        l.report(catalogue.actionNotExported(node, action.name))
      }
      if (action.opaque !== undefined) l.report(catalogue.actionOptions(action.opaque))
      return hasPolicy(action)
        ? fromModule(l, meaning, action.name, node)
        : { t: "Act", a: l.output.action(module, action) }
    }
    case "core":
      return core(l, meaning.name, node)
    case "coreNamespace":
      l.report(catalogue.coreExport(node, text))
      return NOTHING
    case "namespace": {
      const module = l.reached.of(meaning.module)
      return module === undefined ? NOTHING : { t: "Ns", m: module.index }
    }
    case "package":
    case "foreign":
      // `planSteps` has said what is wrong with it.
      return NOTHING
    case "noModule":
      l.report(catalogue.moduleNotFound(node, meaning.specifier))
      return NOTHING
    case "noExport":
      l.report(
        isCommonJs(meaning.module)
          ? catalogue.commonjs(node, meaning.specifier)
          : catalogue.noSuchExport(
            node,
            meaning.specifier,
            meaning.name,
            didYouMean(meaning.name, exportsOf(l, meaning.specifier))
          )
      )
      return NOTHING
    case "typeOnly":
      l.report(catalogue.unknownName(node, text, ""))
      return NOTHING
  }
}

const fromModule = (
  l: Lowering,
  meaning: Meaning & { readonly kind: "binding" | "action" },
  local: string,
  node: ts.Node
): Expression => {
  const module = l.reached.of(meaning.module)
  if (module === undefined) return NOTHING
  const variable = module.scope.variables.get(local)
  if (module === l.here && variable !== undefined) return readVariable(l, variable, node)
  return { t: "Imp", m: module.index, x: l.output.exportOf(module, local), p: l.position(node) }
}

const core = (l: Lowering, name: string, node: ts.Node): Expression => {
  if (CORE.has(name)) return { t: "Core", n: name }
  l.report(
    name === "action"
      ? catalogue.actionNotExported(node, `${node.getText()}(…)`)
      : catalogue.coreExport(node, name)
  )
  return NOTHING
}

const enumMember = (l: Lowering, member: Variable, node: ts.Identifier): Expression => {
  const declaration = member.scope.node as ts.EnumDeclaration
  const holder = member.scope.parent?.lookup(declaration.name.text)
  if (holder === undefined) return NOTHING
  return {
    t: "Get",
    o: readVariable(l, holder, node),
    k: { t: "Lit", v: member.name },
    p: l.position(node)
  }
}

/** The object whose property an exported name of a namespace is. */
const namespaceOf = (l: Lowering, member: Variable, node: ts.Node): Expression =>
  readVariable(l, member.scope.variables.get(NAMESPACE)!, node)

/** `name = value` for an exported name of a namespace. */
export const writeMember = (
  l: Lowering,
  member: Variable,
  value: Expression,
  node: ts.Node
): Expression =>
  l.node({
    t: "SetM",
    o: namespaceOf(l, member, node),
    k: { t: "Lit", v: member.name },
    e: value,
    p: l.position(node)
  }, [value])

/** `arguments` belongs to the nearest function that is no arrow. */
const hasArguments = (node: ts.Node): boolean => {
  let from = node
  for (let here = node.parent; here !== undefined; from = here, here = here.parent) {
    // A computed name is evaluated around the class.
    if (ts.isComputedPropertyName(from)) continue
    if (ts.isPropertyDeclaration(here) || ts.isClassStaticBlockDeclaration(here)) return false
    if (isFunction(here) && !ts.isArrowFunction(here)) return true
  }
  return false
}

// ---- globals

const globalName = (l: Lowering, node: ts.Identifier): Expression => {
  const name = node.text
  if (ALLOWED.has(name)) return { t: "Glob", n: name, p: l.position(node) }
  if (name === "Function") return functionConstructor(l, node)
  return absent(l, node)
}

/** `Function` as a value, of which only the uses that make code are refused. */
const functionConstructor = (l: Lowering, node: ts.Identifier): Expression => {
  const { parent } = node
  const makesCode = ts.isExpressionWithTypeArguments(parent) ||
    (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === node
  if (makesCode) {
    l.report(catalogue.dynamicCode(node, node.text))
    return NOTHING
  }
  return { t: "Glob", n: node.text, p: l.position(node) }
}

/**
 * A name that no workflow has. Where a type checker reads the file it is an error: nothing
 * that passes `tsc` has one, and a misspelt name shall not wait for a payment to be found.
 * JavaScript lets it stand and throws when it is reached, and so does the program.
 */
const absent = (l: Lowering, node: ts.Identifier): Expression => {
  if (isUndefined(l, node) && isJavaScript(node.getSourceFile().fileName)) {
    l.report(catalogue.undeclaredName(node, node.text))
    return { t: "Undeclared", n: node.text, p: l.position(node) }
  }
  reportGlobal(l, node)
  return NOTHING
}

const isJavaScript = (file: string): boolean => /\.[cm]?jsx?$/.test(file)

/** All names that could stand here. */
const namesIn = (l: Lowering): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (let scope: Scope | undefined = l.scope; scope !== undefined; scope = scope.parent) {
    names.push(...scope.variables.keys())
  }
  const { bindings, imports } = l.module.syntax
  return [...names, ...bindings.keys(), ...imports.keys(), ...ALLOWED]
}

/** A module whose exports only running it would tell: `export =`, `module.exports =`. */
const isCommonJs = ({ file, syntax }: Module): boolean =>
  syntax.foreign.some((node) => ts.isExportAssignment(node)) ||
  syntax.exports.size === 0 && syntax.stars.length === 0 &&
    (file.endsWith(".cjs") || syntax.statements.some(({ node }) => assignsExports(node)))

const assignsExports = (node: ts.Statement): boolean =>
  ts.isExpressionStatement(node) && ts.isBinaryExpression(node.expression) &&
  node.expression.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
  /^(module\.)?exports\b/.test(node.expression.left.getText())

const exportsOf = (l: Lowering, specifier: string): ReadonlyArray<string> => {
  const module = l.modules.imported(l.module, specifier)
  return module === undefined ? [] : l.modules.exportedNames(module)
}

/** What `import a = …` declares, which has a finding of its own. */
const isImportEquals = (l: Lowering, name: string): boolean =>
  l.module.syntax.foreign.some((node) =>
    ts.isImportEqualsDeclaration(node) && node.name.text === name
  )

const reportGlobal = (l: Lowering, node: ts.Identifier): void => {
  const name = node.text
  if (isImportEquals(l, name)) return
  l.report(
    DYNAMIC_CODE.has(name)
      ? catalogue.dynamicCode(node, name)
      : NOT_STORABLE.has(name)
      ? catalogue.notStorable(node, name)
      : COMMONJS.has(name)
      ? catalogue.commonjs(node, name)
      : name === "Intl"
      ? catalogue.intl(node)
      : HOST.has(name) || FOREIGN.has(name)
      ? catalogue.hostGlobal(node, hostText(node))
      : catalogue.unknownName(node, name, didYouMean(name, namesIn(l)))
  )
}

/** `process.env` rather than `process`, so that the finding speaks of what was written. */
const hostText = (node: ts.Identifier): string =>
  ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node
    ? `${node.text}.${node.parent.name.text}`
    : node.text

/** The operand of `typeof`: a name that nobody defines is no error there. */
export const typeOf = (l: Lowering, operand: ts.Expression): Expression => {
  const node = unwrap(operand)
  if (ts.isIdentifier(node) && isUndefined(l, node)) return { t: "Lit", v: "undefined" }
  const value = l.expression(operand)
  return l.node({ t: "Un", op: "typeof", e: value }, [value])
}

const isUndefined = (l: Lowering, node: ts.Identifier): boolean => {
  const name = node.text
  return l.scope.lookup(name) === undefined &&
    l.modules.local(l.module, name) === undefined &&
    !(name === "arguments" && hasArguments(node)) &&
    !ALLOWED.has(name) && !HOST.has(name) && !DYNAMIC_CODE.has(name) && !NOT_STORABLE.has(name) &&
    name !== "Intl"
}

// ---- writes

/** `name = value`, for a value that is lowered already. */
export const writeName = (
  l: Lowering,
  node: ts.Identifier,
  value: Expression,
  p: number
): Expression => {
  const variable = l.scope.lookup(node.text)
  if (variable?.kind === "namespaceMember") return writeMember(l, variable, value, node)
  return variable === undefined || variable.kind === "enumMember"
    ? writeForeign(l, node, value, p)
    : writeVariable(l, variable, value, "assign", node, p)
}

export const updateName = (
  l: Lowering,
  node: ts.Identifier,
  step: Update
): Expression => {
  const variable = l.scope.lookup(node.text)
  if (variable?.kind === "namespaceMember") {
    return {
      t: "UpdM",
      o: namespaceOf(l, variable, node),
      k: { t: "Lit", v: node.text },
      by: step.by,
      ...(step.isPrefix ? { pre: 1 } : {}),
      pr: step.pr,
      p: step.p
    }
  }
  return variable === undefined || variable.kind === "enumMember"
    ? writeForeign(l, node, Identifier(l, node), step.p)
    : updateVariable(l, variable, step, node)
}

/** Imports cannot be assigned to: the value is evaluated, and then the write throws. */
const writeForeign = (
  l: Lowering,
  node: ts.Identifier,
  value: Expression,
  p: number
): Expression => {
  if (l.modules.local(l.module, node.text) === undefined) {
    if (ALLOWED.has(node.text) || node.text === "Function") {
      l.report(catalogue.hostGlobal(node, `${node.text} = …`))
      return NOTHING
    }
    // The value comes first, and a read of the name fails as a write to it does.
    return l.sequence([value, absent(l, node)])
  }
  const place = l.temporary()
  return l.node({
    t: "Set",
    ...l.addressOf(place),
    n: node.text,
    e: value,
    c: 1,
    p
  }, [value])
}
