/**
 * Recognises workflows: `workflow(fn)`, `workflow({ name }, fn)`, and exported
 * classes whose heritage ends at `Workflow`.
 *
 * @since 0.1.0
 */
import { hasModifier, type Unit } from "../1-parse/ModuleSyntax.ts"
import ts from "../typescript.ts"
import { coreName } from "./actions.ts"
import { exportNameOf, type Module, type Modules, valueOf } from "./Modules.ts"
import { unwrap } from "./syntaxKinds.ts"

/** A workflow as it is declared. */
export interface WorkflowDeclaration {
  /** The local name, and the name that programs know it by in its module. */
  readonly local: string
  readonly exportName: string
  /** The name given in the options, else the export's. */
  readonly name: string
  /** The call `workflow(…)`, or the class. */
  readonly node: ts.CallExpression | ts.ClassDeclaration
  /** The options argument, when its `name` is not a literal. */
  readonly opaque: ts.Expression | undefined
}

/** The workflows of a module, in source order; a class counts when it is exported and not abstract. */
export const workflowsOf = (modules: Modules, module: Module): ReadonlyArray<WorkflowDeclaration> =>
  Array.from(
    module.syntax.bindings,
    ([local, units]) =>
      units.length === 1 ? workflowIn(modules, module, local, units[0]!) : undefined
  )
    .filter((found) => found !== undefined)

const workflowIn = (
  modules: Modules,
  module: Module,
  local: string,
  unit: Unit
): WorkflowDeclaration | undefined => {
  const exported = exportNameOf(module, local)
  if (unit.kind === "class") {
    if (exported === undefined || hasModifier(unit.node, ts.SyntaxKind.AbstractKeyword)) {
      return undefined
    }
    return isWorkflowClass(modules, module, unit.node)
      ? { local, exportName: exported, name: exported, node: unit.node, opaque: undefined }
      : undefined
  }
  const call = workflowCall(modules, module, unit)
  if (call === undefined) return undefined
  const exportName = exported ?? local
  const [first, second] = call.arguments
  const options = second === undefined ? undefined : unwrap(first!)
  const given = options === undefined ? { text: undefined } : nameOption(options)
  return {
    local,
    exportName,
    name: given === "opaque" ? exportName : given.text ?? exportName,
    node: call,
    opaque: given === "opaque" ? options : undefined
  }
}

/** The call `workflow(…)` that a unit consists of. */
export const workflowCall = (
  modules: Modules,
  module: Module,
  unit: Unit
): ts.CallExpression | undefined => {
  const value = valueOf(unit)
  const call = value === undefined ? undefined : unwrap(value)
  return call !== undefined && ts.isCallExpression(call) &&
      coreName(modules, module, call.expression) === "workflow"
    ? call
    : undefined
}

/** Whether a binding is a workflow, in either form. */
export const isWorkflow = (modules: Modules, module: Module, local: string): boolean => {
  const unit = module.syntax.bindings.get(local)?.[0]
  if (unit === undefined) return false
  return unit.kind === "class"
    ? isWorkflowClass(modules, module, unit.node)
    : workflowCall(modules, module, unit) !== undefined
}

/** The classes from `node` up to the one that extends `Workflow`; empty when none does. */
export const workflowAncestry = (
  modules: Modules,
  module: Module,
  node: ts.ClassLikeDeclaration,
  depth = 0
): ReadonlyArray<ts.ClassLikeDeclaration> => {
  const parent = node.heritageClauses
    ?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)?.types[0]?.expression
  // A heritage chain that is longer than any program's is a cycle.
  if (parent === undefined || depth > 100) return []
  const meaning = modules.expression(module, parent)
  if (meaning?.kind === "core") return meaning.name === "Workflow" ? [node] : []
  if (meaning?.kind !== "binding") return []
  const unit = meaning.module.syntax.bindings.get(meaning.name)?.[0]
  if (unit?.kind !== "class") return []
  const above = workflowAncestry(modules, meaning.module, unit.node, depth + 1)
  return above.length === 0 ? [] : [node, ...above]
}

const isWorkflowClass = (modules: Modules, module: Module, node: ts.ClassDeclaration): boolean =>
  workflowAncestry(modules, module, node).length > 0

/** What an options argument says about the name: its text, none, or nothing that can be read. */
const nameOption = (
  options: ts.Expression
): { readonly text: string | undefined } | "opaque" => {
  if (ts.isStringLiteralLike(options)) return { text: options.text }
  if (!ts.isObjectLiteralExpression(options)) return "opaque"
  for (const property of options.properties) {
    if (ts.isSpreadAssignment(property)) return "opaque"
    if (property.name === undefined || !ts.isIdentifier(property.name)) continue
    if (property.name.text !== "name") continue
    const value = ts.isPropertyAssignment(property) ? unwrap(property.initializer) : undefined
    return value !== undefined && ts.isStringLiteralLike(value) ? { text: value.text } : "opaque"
  }
  return { text: undefined }
}
