/**
 * Recognises actions: `export const fetchUser = action(async (id: string) => …)`.
 *
 * The function itself is never compiled; a program holds the action's id and how
 * many arguments it takes. Policies that stand at the declaration (`retry`,
 * `timeout`, `.with(…)`) are compiled with the workflow, since they are part of
 * what a call of the action means.
 *
 * @since 0.1.0
 */
import { hasModifier, type Unit } from "../1-parse/ModuleSyntax.ts"
import ts from "../typescript.ts"
import { exportNameOf, type Module, type Modules, valueOf } from "./Modules.ts"
import { type FunctionSyntax, isErased, isFunction, unwrap } from "./syntaxKinds.ts"

export interface ActionDeclaration {
  /** The local name, and the name that it is exported under; undefined when it is not. */
  readonly name: string
  readonly exportName: string | undefined
  readonly id: string
  /** The call `action(…)`. */
  readonly call: ts.CallExpression
  /** Declared parameters without a rest. */
  readonly parameters: number
  /** Arguments are not trimmed: there is a rest parameter, or the function is not in sight. */
  readonly takesAll: boolean
  /** The options at the declaration that apply to every call. */
  readonly policy: ReadonlyArray<ts.ObjectLiteralElementLike>
  /** Arguments of `.with(…)` at the declaration, the innermost first. */
  readonly withs: ReadonlyArray<ts.Expression>
  /** The options argument when it is not written out. */
  readonly opaque: ts.Expression | undefined
  readonly node: ts.Node
}

/** Options that describe the action itself and mean nothing to a program. */
const DESCRIPTIVE = new Set(["name", "input", "output", "error"])

export const findAction = (
  modules: Modules,
  module: Module,
  name: string,
  units: ReadonlyArray<Unit>
): ActionDeclaration | undefined => {
  const [unit] = units
  if (unit === undefined || units.length > 1) return undefined
  if (unit.kind === "variable" && !isConstant(unit.node)) return undefined
  const value = valueOf(unit)
  if (value === undefined) return undefined
  const withs: Array<ts.Expression> = []
  let call = unwrap(value)
  while (ts.isCallExpression(call) && isWith(call.expression)) {
    const [policy] = call.arguments
    if (policy !== undefined) withs.unshift(policy)
    call = unwrap(call.expression.expression)
  }
  if (!ts.isCallExpression(call) || !isAction(modules, module, call)) return undefined

  const [first, second] = call.arguments
  const options = second === undefined ? undefined : unwrap(first!)
  const target = second ?? first
  const fn = target === undefined ? undefined : functionOf(module, target)
  const parameters = fn?.parameters.filter((each) => !isErased(each)) ?? []
  const exportName = exportNameOf(module, name)
  const isWritten = options === undefined ||
    (ts.isObjectLiteralExpression(options) && !options.properties.some(ts.isSpreadAssignment))
  const properties = options !== undefined && ts.isObjectLiteralExpression(options)
    ? options.properties
    : []
  const named = properties.find((each) => optionName(each) === "name")
  const given = named !== undefined && ts.isPropertyAssignment(named)
    ? unwrap(named.initializer)
    : undefined
  return {
    name,
    exportName,
    id: given !== undefined && ts.isStringLiteralLike(given)
      ? given.text
      : `${module.name}#${exportName ?? name}`,
    call,
    parameters: parameters.filter((each) => each.dotDotDotToken === undefined).length,
    takesAll: fn === undefined || parameters.some((each) => each.dotDotDotToken !== undefined),
    policy: properties.filter((each) => !DESCRIPTIVE.has(optionName(each))),
    withs,
    opaque: isWritten && (given === undefined || ts.isStringLiteralLike(given))
      ? undefined
      : options,
    node: unit.node
  }
}

/** Whether a call is that of `action`, `workflow` or another function of `@rappel/core`. */
export const coreName = (
  modules: Modules,
  module: Module,
  callee: ts.Expression
): string | undefined => {
  const meaning = modules.expression(module, callee)
  return meaning?.kind === "core" ? meaning.name : undefined
}

const isAction = (modules: Modules, module: Module, call: ts.CallExpression): boolean =>
  coreName(modules, module, call.expression) === "action"

const isConstant = (node: ts.VariableDeclaration): boolean =>
  (node.parent.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const

const isWith = (node: ts.Expression): node is ts.PropertyAccessExpression =>
  ts.isPropertyAccessExpression(node) && node.name.text === "with"

const optionName = (node: ts.ObjectLiteralElementLike): string =>
  node.name !== undefined && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))
    ? node.name.text
    : ""

/** The function behind an expression, when it is written there or declared in the same module. */
const functionOf = (module: Module, node: ts.Expression): FunctionSyntax | undefined => {
  const inner = unwrap(node)
  if (isFunction(inner)) return inner
  if (!ts.isIdentifier(inner)) return undefined
  const unit = module.syntax.bindings.get(inner.text)?.[0]
  if (unit?.kind === "function") return unit.node
  const value = unit === undefined ? undefined : valueOf(unit)
  const declared = value === undefined ? undefined : unwrap(value)
  return declared !== undefined && isFunction(declared) ? declared : undefined
}

/** Where V8 says that a call stands: at the last name of its callee. */
export const callPosition = (call: ts.CallExpression): { line: number; column: number } => {
  const callee = unwrap(call.expression)
  const at = ts.isPropertyAccessExpression(callee) ? callee.name : callee
  const file = call.getSourceFile()
  const { character, line } = file.getLineAndCharacterOfPosition(at.getStart(file))
  return { line: line + 1, column: character + 1 }
}

export const isExported = (node: ts.Node): boolean => hasModifier(node, ts.SyntaxKind.ExportKeyword)
