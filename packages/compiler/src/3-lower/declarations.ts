/**
 * Variable declarations, and classes and enums as statements.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Statement } from "@rappel/core/program/Statement"
import { isLexical } from "../2-analyze/scopes.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"
import { sourceText } from "./sourceText.ts"
import { writeVariable } from "./variables.ts"

export const declarations = (
  l: Lowering,
  list: ts.VariableDeclarationList
): ReadonlyArray<Statement> => {
  if ((list.flags & ts.NodeFlags.Using) === ts.NodeFlags.Using) {
    l.report(catalogue.unsupportedSyntax(list, "A `using` declaration"))
    return []
  }
  return list.declarations.flatMap((node) => declaration(l, node))
}

export const declaration = (
  l: Lowering,
  node: ts.VariableDeclaration
): ReadonlyArray<Statement> => {
  const { initializer, name } = node
  const flags = node.parent.flags
  if (initializer === undefined) {
    if ((flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const || !ts.isIdentifier(name)) {
      l.report(catalogue.syntax(node, "Missing initializer in declaration"))
      return []
    }
    // `var x` keeps what `x` holds; `let x` in a loop begins anew.
    return isLexical(flags) ? evaluated(l, name, { t: "Undef" }) : []
  }
  const called = ts.isIdentifier(name) ? name.text : undefined
  const value = l.expression(initializer, called)
  const origin = { text: sourceText(initializer), node: initializer }
  return l.kinds.bind(l, name, value, "initialise", origin).map((each) => l.evaluate(each))
}

const evaluated = (
  l: Lowering,
  name: ts.Identifier,
  value: Expression
): ReadonlyArray<Statement> =>
  l.kinds.bind(l, name, value, "initialise", {}).map((each) => l.evaluate(each))

/** `name = value` for a declared name, at its declaration. */
export const initialise = (
  l: Lowering,
  name: string,
  value: Expression,
  node: ts.Node
): Statement => {
  const variable = l.scope.lookup(name)
  if (variable === undefined) throw new Error(`${name} is not declared`)
  return l.evaluate(writeVariable(l, variable, value, "initialise", node))
}

export const ClassDeclaration = (l: Lowering, node: ts.ClassDeclaration): Statement =>
  initialise(l, node.name!.text, l.kinds.classLike(l, node, undefined), node)
