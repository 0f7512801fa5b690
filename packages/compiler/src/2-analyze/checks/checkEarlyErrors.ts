/**
 * Reports what ECMAScript forbids and TypeScript's parser lets pass: its checker
 * would say so, but that costs half a second.
 *
 * Reads the syntax; changes nothing. Reports `syntax`.
 *
 *     function f() { await g() }
 *                    ^^^^^^^^^ syntax
 *
 * @since 0.1.0
 */
import { hasModifier } from "../../1-parse/ModuleSyntax.ts"
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import { type FunctionSyntax, isErased, isFunction, isLoop, isReference } from "../syntaxKinds.ts"
import { checkForms, checkSingle, type Fail } from "./checkForms.ts"
import { checkNames } from "./checkNames.ts"
import { checkTargets } from "./checkTargets.ts"

/** What the code around a node allows. */
interface Around {
  readonly fn: "module" | "static" | "sync" | "async" | "generator" | "asyncGenerator"
  /** Inside of a loop, where `continue` may stand; and of a loop or switch, for `break`. */
  readonly isLoop: boolean
  readonly isBreakable: boolean
  readonly labels: ReadonlyMap<string, "loop" | "other">
  /** `super.x` has a meaning here. */
  readonly hasHome: boolean
  readonly hasTarget: boolean
  /** In the parameters of an async function or generator, where neither `await` nor `yield` may stand. */
  readonly isParameter: boolean
  /** In the initialiser of a field or a static block, which have no `arguments`. */
  readonly isField: boolean
}

const MODULE: Around = {
  fn: "module",
  isLoop: false,
  isBreakable: false,
  labels: new Map(),
  hasHome: false,
  hasTarget: false,
  isParameter: false,
  isField: false
}

const FIELD: Around = { ...MODULE, fn: "static", hasHome: true, hasTarget: true, isField: true }

export const checkEarlyErrors = (unit: ts.Node, report: Report): void => {
  const fail = (node: ts.Node, message: string): void => report(catalogue.syntax(node, message))
  const children = (node: ts.Node, around: Around): void =>
    ts.forEachChild(node, (child) => visit(child, around))

  const visit = (node: ts.Node, around: Around): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      fail(node, "Cannot use import or export statement outside of the top level of a module")
    }
    if (isErased(node)) return
    checkNames(node, fail)
    checkForms(node, fail)
    checkTargets(node, fail)
    checkJumps(node, around, fail)
    checkReturn(node, around, fail)
    checkContext(node, around, fail)
    if (isFunction(node)) {
      visitFunction(node, around)
    } else if (ts.isPropertyDeclaration(node)) {
      visit(node.name, around)
      if (node.initializer !== undefined) visit(node.initializer, FIELD)
    } else if (ts.isClassStaticBlockDeclaration(node)) {
      children(node.body, FIELD)
    } else if (ts.isLabeledStatement(node)) {
      checkNames(node.label, fail)
      if (around.labels.has(node.label.text)) {
        fail(node.label, `Label '${node.label.text}' has already been declared`)
      }
      checkSingle(node.statement, fail)
      const labels = new Map(around.labels)
      labels.set(node.label.text, isLoop(labelled(node)) ? "loop" : "other")
      visit(node.statement, { ...around, labels })
    } else if (isLoop(node)) {
      children(node, { ...around, isLoop: true, isBreakable: true })
    } else if (ts.isSwitchStatement(node)) {
      visit(node.expression, around)
      visit(node.caseBlock, { ...around, isBreakable: true })
    } else {
      children(node, around)
    }
  }

  const visitFunction = (node: FunctionSyntax, around: Around): void => {
    if (node.body === undefined) return
    const isArrow = ts.isArrowFunction(node)
    const kind = kindOf(node)
    const isMember = ts.isMethodDeclaration(node) || ts.isAccessor(node) ||
      ts.isConstructorDeclaration(node)
    const inside: Around = {
      ...MODULE,
      fn: kind,
      hasHome: isMember || (isArrow && around.hasHome),
      hasTarget: !isArrow || around.hasTarget,
      isField: isArrow && around.isField
    }
    if (node.name !== undefined && ts.isComputedPropertyName(node.name)) visit(node.name, around)
    for (const parameter of node.parameters) {
      visit(parameter, { ...inside, isParameter: kind !== "sync" })
    }
    if (ts.isBlock(node.body)) children(node.body, inside)
    else visit(node.body, inside)
  }

  visit(unit, MODULE)
}

const kindOf = (node: FunctionSyntax): Around["fn"] => {
  const isAsync = hasModifier(node, ts.SyntaxKind.AsyncKeyword)
  const isGenerator = "asteriskToken" in node && node.asteriskToken !== undefined
  if (isGenerator) return isAsync ? "asyncGenerator" : "generator"
  return isAsync ? "async" : "sync"
}

const labelled = (node: ts.LabeledStatement): ts.Statement =>
  ts.isLabeledStatement(node.statement) ? labelled(node.statement) : node.statement

const checkJumps = (node: ts.Node, around: Around, fail: Fail): void => {
  if (!ts.isBreakOrContinueStatement(node)) return
  const label = node.label?.text
  const isContinue = ts.isContinueStatement(node)
  if (label !== undefined) {
    const target = around.labels.get(label)
    if (target === undefined) fail(node, `Undefined label '${label}'`)
    else if (isContinue && target !== "loop") {
      fail(node, `Illegal continue statement: '${label}' does not denote an iteration statement`)
    }
  } else if (isContinue && !around.isLoop) {
    fail(node, "Illegal continue statement: no surrounding iteration statement")
  } else if (!isContinue && !around.isBreakable) {
    fail(node, "Illegal break statement")
  }
}

const checkReturn = (node: ts.Node, around: Around, fail: Fail): void => {
  if (ts.isReturnStatement(node) && (around.fn === "static" || around.fn === "module")) {
    fail(node, "Illegal return statement")
  }
}

const checkContext = (node: ts.Node, around: Around, fail: Fail): void => {
  if (
    ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
  ) {
    const isAllowed = around.fn === "async" || around.fn === "asyncGenerator" ||
      around.fn === "module"
    if (!isAllowed || around.isParameter) {
      fail(node, "await is only valid in async functions and the top level bodies of modules")
    }
  } else if (ts.isYieldExpression(node)) {
    const isAllowed = around.fn === "generator" || around.fn === "asyncGenerator"
    if (!isAllowed || around.isParameter) fail(node, "yield is only valid in generator functions")
  } else if (ts.isMetaProperty(node)) {
    if (node.keywordToken === ts.SyntaxKind.NewKeyword && !around.hasTarget) {
      fail(node, "new.target expression is not allowed here")
    }
  } else if (node.kind === ts.SyntaxKind.SuperKeyword && !ts.isCallExpression(node.parent)) {
    if (!around.hasHome) fail(node, "'super' keyword unexpected here")
  } else if (
    around.isField && ts.isIdentifier(node) && node.text === "arguments" && isReference(node)
  ) {
    fail(
      node,
      "'arguments' is not allowed in class field initializer or static initialization block"
    )
  }
}
