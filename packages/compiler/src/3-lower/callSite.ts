/**
 * How V8 names what cannot be iterated or called.
 *
 * V8 knows only where it was, so it walks the function for a node with that position and prints
 * it. Two nodes may share a position, and an operation may have that of another one: then the
 * message names the other one, or nothing. This is the same walk over the syntax of TypeScript.
 *
 * Source: V8 11.3, `CallPrinter` in src/ast/prettyprinter.cc and `RenderCallSite` in
 * src/execution/messages.cc.
 *
 * @since 0.1.0
 */
import { hasModifier } from "../1-parse/ModuleSyntax.ts"
import { unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { CallPrinter, type CallSite } from "./CallPrinter.ts"
import { isOwner, ownerOf } from "./codeOwner.ts"
import { CHAIN, nodeOffset } from "./nodeOffset.ts"
import { isNothing } from "./printedSyntax.ts"

/** What V8 says of a failure at `position` within the statement, or the function, around `node`. */
export const callSite = (node: ts.Node, position: number): CallSite => {
  const owner = ownerOf(node)
  if (isUnseen(node, owner)) return {}
  if (position !== CHAIN) {
    const printer = new CallPrinter(position)
    printer.find(rootOf(node))
    if (!printer.isOpen) return printer.site
  }
  // What a `yield*` goes over is printed up to the end of the function.
  const printer = new CallPrinter(position)
  for (const root of bodyOf(owner)) printer.find(root)
  if (isAsyncGenerator(owner)) printer.findEnding()
  return printer.site
}

/** Of most calls nothing but the text of the callee; of one that is iterated more. */
export const callNamed = (
  node: ts.CallExpression | ts.TaggedTemplateExpression | ts.NewExpression,
  text: string
): CallSite => {
  const owner = ownerOf(node)
  if (isUnseen(node, owner)) return {}
  const position = nodeOffset(node)
  return iteratedIn(owner).has(position) ? callSite(node, position) : { n: text }
}

const isDelegate = (node: ts.Node): boolean =>
  ts.isYieldExpression(node) && node.asteriskToken !== undefined

/**
 * What V8 does not find again: its walk leaves out computed keys, and what a class evaluates for
 * itself.
 */
export const isUnseen = (node: ts.Node, owner = ownerOf(node)): boolean => {
  if (ts.isClassStaticBlockDeclaration(owner)) return true
  if (ts.isPropertyDeclaration(owner) && hasModifier(owner, ts.SyntaxKind.StaticKeyword)) {
    return true
  }
  for (let at = node; at !== owner; at = at.parent) if (ts.isComputedPropertyName(at)) return true
  return false
}

const bodyOf = (owner: ts.Node): ReadonlyArray<ts.Node> => {
  const parts: Array<ts.Node> = []
  ts.forEachChild(owner, (each) => {
    if (!ts.isBlock(each)) parts.push(each)
    else parts.push(...each.statements.filter((statement) => !isNothing(statement)))
  })
  return parts
}

const isAsyncGenerator = (owner: ts.Node): boolean => {
  const { asteriskToken, modifiers } = owner as ts.FunctionDeclaration
  return asteriskToken !== undefined &&
    modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true
}

/** The statement around a node: what is before and after it stands elsewhere. */
const rootOf = (node: ts.Node): ts.Node => {
  let at = node
  while (
    !(ts.isStatement(at) && !ts.isBlock(at)) && !ts.isCatchClause(at) && at.parent !== undefined &&
    !isOwner(at.parent, at)
  ) at = at.parent
  return at
}

const known = new WeakMap<ts.Node, ReadonlySet<number>>()

/** The positions of all that is iterated in a function: a call at one of them is named by that. */
const iteratedIn = (owner: ts.Node): ReadonlySet<number> => {
  const before = known.get(owner)
  if (before !== undefined) return before
  const found = new Set<number>()
  const visit = (node: ts.Node): void => {
    const subject = subjectOf(node)
    if (subject !== undefined) found.add(nodeOffset(subject))
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(owner, visit)
  known.set(owner, found)
  return found
}

const subjectOf = (node: ts.Node): ts.Expression | undefined => {
  if (ts.isForOfStatement(node)) return node.expression
  if (ts.isSpreadElement(node) && ts.isArrayLiteralExpression(node.parent)) return node.expression
  if (isDelegate(node)) return (node as ts.YieldExpression).expression
  if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) {
    return ts.isIdentifier(node.name) ? undefined : node.initializer
  }
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) {
    return undefined
  }
  const target = unwrap(withoutTypes(node.left))
  return ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target)
    ? node.right
    : undefined
}
