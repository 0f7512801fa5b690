/**
 * Warns of asynchronous calls whose promise nobody takes.
 *
 * Reads the syntax and what names lead to; changes nothing. Reports
 * `floating-promise`.
 *
 *     sendEmail(user)
 *     ^^^^^^^^^^^^^^^ floating-promise
 *
 * @since 0.1.0
 */
import { hasModifier } from "../../1-parse/ModuleSyntax.ts"
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import { type Modules, valueOf } from "../Modules.ts"
import type { ReachedModule } from "../reach.ts"
import type { Scope } from "../Scope.ts"
import { isErased, isFunction, unwrap } from "../syntaxKinds.ts"
import { workflowCall } from "../workflows.ts"

export const checkFloatingPromises = (
  modules: Modules,
  reached: ReachedModule,
  unit: ts.Node,
  report: Report
): void => {
  const visit = (node: ts.Node, scope: Scope): void => {
    if (isErased(node)) return
    const here = reached.scopes.get(node) ?? scope
    if (ts.isExpressionStatement(node)) {
      const call = unwrap(node.expression)
      if (ts.isCallExpression(call) && isAsyncCall(modules, reached, here, call)) {
        report(catalogue.floatingPromise(call, call.expression.getText()))
      }
    }
    ts.forEachChild(node, (child) => visit(child, here))
  }
  visit(unit, reached.scope)
}

const ASYNC_CORE = new Set(["runAction", "sleep", "until", "waitFor"])

const COMBINATORS = new Set(["all", "allSettled", "any", "race"])

const isAsyncCall = (
  modules: Modules,
  reached: ReachedModule,
  scope: Scope,
  call: ts.CallExpression
): boolean => {
  const callee = unwrap(call.expression)
  const root = ts.isIdentifier(callee) ? scope.lookup(callee.text) : undefined
  if (root !== undefined && root.scope.kind !== "module") return isAsyncVariable(root.scope, callee)
  if (
    ts.isPropertyAccessExpression(callee) && ts.isIdentifier(callee.expression) &&
    callee.expression.text === "Promise" && scope.lookup("Promise") === undefined
  ) return COMBINATORS.has(callee.name.text)
  const meaning = modules.expression(reached.module, callee)
  if (meaning?.kind === "action") return true
  if (meaning?.kind === "core") return ASYNC_CORE.has(meaning.name)
  if (meaning?.kind !== "binding") return false
  const unit = meaning.module.syntax.bindings.get(meaning.name)?.[0]
  if (unit === undefined) return false
  if (unit.kind === "function") return isAsync(unit.node)
  const value = valueOf(unit)
  return workflowCall(modules, meaning.module, unit) !== undefined ||
    (value !== undefined && isAsync(unwrap(value)))
}

/** A local function that is declared `async`, by declaration or as the value of a `const`. */
const isAsyncVariable = (scope: Scope, name: ts.Expression): boolean => {
  if (!ts.isIdentifier(name)) return false
  let found = false
  const visit = (node: ts.Node): void => {
    if (found || isErased(node)) return
    if (ts.isFunctionDeclaration(node)) {
      if (node.name?.text === name.text) found = isAsync(node)
      return
    }
    if (
      ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name.text
    ) {
      found = node.initializer !== undefined && isAsync(unwrap(node.initializer))
      return
    }
    if (!isFunction(node)) ts.forEachChild(node, visit)
  }
  ts.forEachChild(scope.node, visit)
  return found
}

const isAsync = (node: ts.Node): boolean =>
  isFunction(node) && hasModifier(node, ts.SyntaxKind.AsyncKeyword) &&
  !("asteriskToken" in node && node.asteriskToken !== undefined)
