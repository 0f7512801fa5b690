/**
 * Namespaces: functions that fill an object, as TypeScript compiles them.
 *
 *     namespace Tax { export const rate = 0.2 }
 *     (function(Tax) { Tax.rate = 0.2 })(Tax || (Tax = {}))
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Statement } from "@rappel/core/program/Statement"
import { hasModifier, isInstantiated } from "../1-parse/ModuleSyntax.ts"
import { declarationsOf, NAMESPACE, statementsOf } from "../2-analyze/scopes.ts"
import { isErased } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import { hoisted } from "./blocks.ts"
import { frameOf } from "./functions.ts"
import type { Lowering } from "./Lowering.ts"
import { readVariable, writeVariable } from "./variables.ts"

/** The statement that fills the namespace; `isExported` inside of another one. */
export const NamespaceDeclaration = (
  l: Lowering,
  node: ts.ModuleDeclaration,
  isExported = false
): ReadonlyArray<Statement> => {
  if (!isInstantiated(node)) return []
  const variable = l.scope.lookup(node.name.text)
  if (variable === undefined) throw new Error(`${node.name.text} is not declared`)
  const p = l.position(node)
  const name: Expression = { t: "Lit", v: node.name.text }
  const read = readVariable(l, variable, node)
  const write = (value: Expression): Expression =>
    writeVariable(l, variable, value, "initialise", node)
  const empty: Expression = { t: "Obj", ps: [], p }
  const around = isExported ? aroundOf(l, node) : undefined
  const object: Expression = around === undefined
    ? { t: "Log", op: "||", l: read, r: write(empty) }
    : write({
      t: "Log",
      op: "||",
      l: { t: "Get", o: around, k: name, p },
      r: { t: "SetM", o: around, k: name, e: empty, p }
    })
  const call: Expression = {
    t: "Call",
    f: { t: "Fn", f: fill(l, node) },
    a: [object],
    n: "(intermediate value)",
    p
  }
  return [l.evaluate(call)]
}

const aroundOf = (l: Lowering, node: ts.Node): Expression => {
  const holder = l.scope.lookup(NAMESPACE)
  if (holder === undefined) throw new Error("no namespace is around")
  return readVariable(l, holder, node)
}

const fill = (l: Lowering, node: ts.ModuleDeclaration): number => {
  const scope = l.here.scopes.get(node)
  if (scope === undefined) throw new Error("a namespace has no scope")
  const index = l.output.newFunction()
  const p = l.position(node)
  l.inFrame("sync", node, scope, (frame) => {
    const holder = scope.variables.get(NAMESPACE)!
    const statements = statementsOf(node.body)
    const given = writeVariable(l, holder, { t: "Arg", i: 0 }, "initialise", node)
    const body = l.block([
      l.evaluate(given),
      ...hoisted(l, statements),
      ...statements.flatMap((statement) => member(l, statement, node))
    ])
    l.output.functions[index] = { n: "", k: "sync", len: 1, ...frameOf(frame), body, p }
  })
  return index
}

/** Of an alias of a namespace: what it is called in a finding. */
export const aliasText = ({ moduleReference, name }: ts.ImportEqualsDeclaration): string => {
  const declared = `${name.text} = ${moduleReference.getText()}`
  return `\`import ${declared}\` (write \`const ${declared}\`, or \`type ${declared}\` for a type)`
}

const member = (
  l: Lowering,
  statement: ts.Statement,
  around: ts.ModuleDeclaration
): ReadonlyArray<Statement> => {
  if (isErased(statement)) return []
  // `A.B` declares and exports `B`.
  const isExported = hasModifier(statement, ts.SyntaxKind.ExportKeyword) ||
    statement === around.body
  if (ts.isModuleDeclaration(statement)) return NamespaceDeclaration(l, statement, isExported)
  if (ts.isImportEqualsDeclaration(statement)) {
    if (!statement.isTypeOnly) {
      l.report(catalogue.unsupportedSyntax(statement, aliasText(statement)))
    }
    return []
  }
  if (ts.isEnumDeclaration(statement) && isExported && isDivided(statement, around)) {
    l.report(catalogue.unsupportedSyntax(statement, "An enum in several parts of a namespace"))
    return []
  }
  const lowered = l.statement(statement)
  if (!isExported || ts.isVariableStatement(statement)) return lowered
  const name = (statement as ts.FunctionDeclaration | ts.ClassDeclaration | ts.EnumDeclaration).name
  const variable = name === undefined ? undefined : l.scope.lookup(name.text)
  if (name === undefined || variable === undefined) return lowered
  const p = l.position(name)
  const key: Expression = { t: "Lit", v: name.text }
  const value = readVariable(l, variable, name)
  return [...lowered, l.evaluate({ t: "SetM", o: aroundOf(l, name), k: key, e: value, p })]
}

/** Whether another declaration of the namespace adds to the enum. */
const isDivided = (node: ts.EnumDeclaration, around: ts.ModuleDeclaration): boolean =>
  declarationsOf(around).some(({ body }) =>
    body !== around.body &&
    statementsOf(body).some((each) =>
      ts.isEnumDeclaration(each) && each.name.text === node.name.text
    )
  )
