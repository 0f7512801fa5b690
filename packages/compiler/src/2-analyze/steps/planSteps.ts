/**
 * Finds the expressions of a unit that use packages, and decides what runs of each
 * as an implicit step.
 *
 * A step is the whole chain of accesses, calls and awaits around the name that
 * comes from a package, as far as it can leave the workflow:
 *
 *     const day = dayjs(order.paidAt).add(1, "day").format()
 *                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 *
 * Reads the syntax; changes nothing. Reports `implicit-step` (info, or an error
 * when strict), `npm-call`, `step-in-sync-code`, `step-not-closed`.
 *
 * @since 0.1.0
 */
import { hasModifier } from "../../1-parse/ModuleSyntax.ts"
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import { isForeign, type Meaning, type Module, type Modules } from "../Modules.ts"
import type { Scopes } from "../scopes.ts"
import { chainObject, isErased, isFunction, unwrap } from "../syntaxKinds.ts"
import { NotClosed, StepCode } from "./StepCode.ts"

/** An expression that runs as a step. */
export interface StepPlan {
  readonly code: StepCode
  /** The name of the package's export, or of the constant, that it begins with. */
  readonly name: string
  /** The workflow goes on with the value and not with a promise of it. */
  readonly waits: boolean
  /** A promise would be held as a value, which no step can give. */
  readonly isHeld: boolean
}

export interface StepSurroundings {
  readonly modules: Modules
  readonly module: Module
  readonly scopes: Scopes
  readonly report: Report
  readonly isStrict: boolean
}

/**
 * Plans the steps of a unit from the names that it does not declare, in source
 * order; answers which of these names the program itself still uses.
 */
export const planSteps = (
  around: StepSurroundings,
  free: ReadonlyArray<ts.Identifier>,
  steps: Map<ts.Node, StepPlan | undefined>
): (name: ts.Identifier) => boolean => {
  const planned: Array<{ readonly top: ts.Node; readonly kept: ReadonlyArray<ts.Node> }> = []
  const isIn = (outer: ts.Node, inner: ts.Node): boolean =>
    inner.pos >= outer.pos && inner.end <= outer.end
  const isTaken = (name: ts.Node): boolean =>
    planned.some(({ kept, top }) => isIn(top, name) && !kept.some((each) => isIn(each, name)))

  for (const name of [...free].sort((a, b) => a.pos - b.pos)) {
    const { meaning, node } = around.modules.meaningAt(around.module, name)
    if (!isForeign(meaning) || isTaken(name)) continue
    const { plan, top } = planOne(around, node, name, meaning!)
    steps.set(unwrap(top), plan)
    planned.push({ top, kept: plan?.code.operands ?? [] })
  }
  return (name) => !isTaken(name)
}

const planOne = (
  around: StepSurroundings,
  root: ts.Expression,
  name: ts.Identifier,
  meaning: Meaning
): { readonly top: ts.Expression; readonly plan: StepPlan | undefined } => {
  const { isStrict, module, modules, report, scopes } = around
  const fail = (top: ts.Expression) => ({ top, plan: undefined })
  const from = meaning.kind === "package" ? meaning.specifier : packageOf(modules, meaning)
  const chain = chainOf(root)
  const least = chain.findIndex((each) =>
    ts.isCallExpression(each) || ts.isNewExpression(each) ||
    ts.isTaggedTemplateExpression(each)
  )
  const whole = chain.at(-1) ?? root
  if (!isUsable(whole, chain, least, meaning)) {
    report(catalogue.npmCall(whole, root.getText(), from))
    return fail(whole)
  }
  let refused: NotClosed | undefined
  // What a package gives before an `await` is rarely data, so a chain ends nowhere before one.
  const shortest = chain.findIndex((each) => ts.isAwaitExpression(each))
  for (let i = chain.length - 1; i >= (shortest < 0 ? chain.length - 1 : shortest); i--) {
    const top = chain[i]!
    // A method is nothing without its object.
    if (isCallee(chain[i + 1])) continue
    let code: StepCode
    try {
      code = new StepCode(modules, module, scopes, top)
    } catch (reason) {
      if (!(reason instanceof NotClosed)) throw reason
      refused = reason
      continue
    }
    if (!canWait(top)) {
      report(catalogue.stepInSyncCode(top, shorten(top), from))
      return fail(top)
    }
    const finding = catalogue.implicitStep(top, shorten(top))
    report(isStrict ? { ...finding, spec: { ...finding.spec, severity: "error" } } : finding)
    return { top, plan: { code, name: name.text, ...usageOf(top) } }
  }
  report(catalogue.stepNotClosed(refused!.node, shorten(whole), refused!.reason))
  return fail(whole)
}

const isCallee = (next: ts.Expression | undefined): boolean =>
  next !== undefined &&
  (ts.isCallExpression(next) || ts.isNewExpression(next) || ts.isTaggedTemplateExpression(next))

/** The expressions around a name that apply to it, the innermost first. */
const chainOf = (root: ts.Expression): ReadonlyArray<ts.Expression> => {
  const chain: Array<ts.Expression> = []
  let node: ts.Expression = root
  while (chainObject(node.parent) === node) {
    node = node.parent as ts.Expression
    chain.push(node)
  }
  return chain
}

/** Whether a chain can have a value that is data. */
const isUsable = (
  whole: ts.Expression,
  chain: ReadonlyArray<ts.Expression>,
  least: number,
  meaning: Meaning
): boolean => {
  const isAccess = chain.some((each) =>
    ts.isPropertyAccessExpression(each) || ts.isElementAccessExpression(each)
  )
  // Constants of modules are made by each process, so their data may differ between two steps.
  if (least < 0 && (meaning.kind === "foreign" || !isAccess)) return false
  const inner = unwrap(whole)
  const { parent } = whole
  if (ts.isNewExpression(inner)) return false
  if (ts.isHeritageClause(parent) || ts.isTypeOfExpression(parent)) return false
  if (ts.isDeleteExpression(parent)) return false
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    const isUpdate = parent.operator === ts.SyntaxKind.PlusPlusToken ||
      parent.operator === ts.SyntaxKind.MinusMinusToken
    if (isUpdate) return false
  }
  if (!ts.isBinaryExpression(parent)) return true
  const isTarget = parent.left === whole &&
    parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
    parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment
  return !isTarget && parent.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword
}

/** Whether the function around can wait for a worker. */
const canWait = (top: ts.Node): boolean => {
  for (let here = top.parent; here !== undefined; here = here.parent) {
    if (ts.isParameter(here) || ts.isPropertyDeclaration(here)) return false
    if (ts.isClassStaticBlockDeclaration(here)) return false
    if (isFunction(here)) return hasModifier(here, ts.SyntaxKind.AsyncKeyword)
  }
  return false
}

const usageOf = (
  top: ts.Expression
): { readonly waits: boolean; readonly isHeld: boolean } => {
  if (ts.isAwaitExpression(unwrap(top))) return { waits: true, isHeld: false }
  return isPassedOn(top) ? { waits: false, isHeld: false } : { waits: true, isHeld: true }
}

/** Whether a promise in this place goes where it makes no difference to its value. */
const isPassedOn = (top: ts.Expression): boolean => {
  const { parent } = top
  if (ts.isAwaitExpression(parent)) return true
  if (ts.isArrowFunction(parent)) return true
  if (ts.isVoidExpression(parent)) return ts.isExpressionStatement(parent.parent)
  // In a `try` it matters whether the call or its promise fails.
  if (ts.isReturnStatement(parent)) return !isInTry(parent)
  if (!ts.isArrayLiteralExpression(parent)) return false
  const call = parent.parent
  return ts.isCallExpression(call) && call.expression.getText() === "Promise.all" &&
    ts.isAwaitExpression(call.parent)
}

const isInTry = (node: ts.Node): boolean => {
  for (let here = node.parent; !isFunction(here) && !ts.isSourceFile(here); here = here.parent) {
    if (ts.isTryStatement(here)) return true
  }
  return false
}

/** The package that made a constant of a module. */
const packageOf = (modules: Modules, meaning: Meaning): string => {
  if (meaning.kind === "package") return meaning.specifier
  if (meaning.kind !== "foreign") return ""
  const unit = meaning.module.syntax.bindings.get(meaning.name)?.[0]
  let found = ""
  const visit = (node: ts.Node): void => {
    if (found !== "" || isErased(node)) return
    if (ts.isIdentifier(node) && node.text !== meaning.name) {
      const inner = modules.local(meaning.module, node.text)
      if (isForeign(inner)) found = packageOf(modules, inner!)
    }
    ts.forEachChild(node, visit)
  }
  if (unit !== undefined) visit(unit.node)
  return found
}

/** As it was written, on one line, and not longer than a message can hold. */
const shorten = (node: ts.Node): string => {
  const text = node.getText().replace(/\s+/g, " ")
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
