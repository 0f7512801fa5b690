/**
 * Finds what stands at a position and prints it; see `callSite.ts`.
 *
 * The order of the visits, and what is printed on the way, is V8's with all its accidents: until
 * something is found nothing is printed, and behind it whatever is asked for without being
 * printed is an "(intermediate value)".
 *
 * @since 0.1.0
 */
import type { Hint } from "@rappel/core/program/Expression"
import { unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { constantOf } from "./constantOf.ts"
import { CHAIN, isOptionalChain, nodeOffset, operandsOf } from "./nodeOffset.ts"
import { callOffset } from "./positions.ts"
import {
  hintOf,
  isArrayPattern,
  isInAsync,
  isNothing,
  keptStatements,
  KEYWORDS,
  NEGATED,
  type Pattern,
  placesOf
} from "./printedSyntax.ts"

/** The text of what was found; `it` is absent when V8 takes it for nothing but itself. */
export interface CallSite {
  readonly n?: string
  readonly it?: Hint
}

/** What comes where nothing is printed. */
const UNNAMED = "(intermediate value)"

export class CallPrinter {
  readonly #position: number
  #text = ""
  #prints = 0
  #found = false
  #done = false
  #isCall = false
  #isIterator = false
  #isAsync = false
  #isPattern = false

  constructor(position: number) {
    this.#position = position
  }

  /** The text of what is known already. */
  static print(visit: (printer: CallPrinter) => void): string {
    const printer = new CallPrinter(-1)
    printer.#found = true
    visit(printer)
    return printer.#text
  }

  /** Nothing told V8 that it had all that it was to print. */
  get isOpen(): boolean {
    return this.#found && !this.#done
  }

  get site(): CallSite {
    const it = this.#isPattern ? 5 : hintOf(this.#isCall, this.#isIterator, this.#isAsync)
    return {
      ...(this.#text === "" ? {} : { n: this.#text }),
      ...(it === undefined ? {} : { it })
    }
  }

  find(node: ts.Node, isPrinted = false): void {
    if (!this.#found) {
      if (this.#position === CHAIN || this.#isIn(node)) this.#visit(node)
      return
    }
    if (isPrinted) {
      const before = this.#prints
      this.#visit(node)
      if (before !== this.#prints) return
    }
    this.#print(UNNAMED)
  }

  /** What V8 puts behind the body of an async generator: a result, a catch, a finally. */
  findEnding(): void {
    if (this.#found) this.#print(UNNAMED.repeat(3))
  }

  #isIn(node: ts.Node): boolean {
    return node.pos <= this.#position && this.#position < node.end
  }

  #print(text: string): void {
    if (!this.#found || this.#done || text === "") return
    this.#prints++
    this.#text += text
  }

  #end(): void {
    this.#done = true
    this.#found = false
  }

  #visit(given: ts.Node): void {
    const node = ts.isExpression(given) ? unwrap(given) : given
    if (isOptionalChain(node)) {
      if (this.#found) this.#print(UNNAMED)
      else this.#visitNode(node)
    } else this.#visitNode(node)
  }

  /** The object or the callee of a link: a chain goes on unless parentheses end it. */
  findLink(expression: ts.Expression): void {
    const node = withoutTypes(expression)
    if (!isOptionalChain(node) || ts.isParenthesizedExpression(node)) this.find(node, true)
    else if (this.#found || this.#position === CHAIN || this.#isIn(node)) this.#visitNode(node)
  }

  #visitNode(node: ts.Node): void {
    if (ts.isIdentifier(node)) this.#print(node.text)
    else if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      this.#access(node)
    } else if (ts.isCallExpression(node)) {
      this.#call(node.expression, callOffset(node), node.arguments)
    } else if (ts.isTaggedTemplateExpression(node)) this.#tag(node)
    else if (ts.isNewExpression(node)) this.#new(node)
    else if (ts.isBinaryExpression(node)) this.#binary(node)
    else if (ts.isVariableDeclaration(node)) {
      if (node.initializer !== undefined) this.#assign(node.name, node.initializer)
    } else if (ts.isParameter(node)) this.#parameter(node)
    else if (ts.isCatchClause(node)) this.#catch(node)
    else if (ts.isBindingElement(node)) {
      if (node.initializer === undefined) this.find(node.name, true)
      else this.#assign(node.name, node.initializer)
    } else if (ts.isForOfStatement(node)) this.#forOf(node)
    else if (ts.isArrayLiteralExpression(node) || ts.isArrayBindingPattern(node)) {
      this.#array(node)
    } else if (ts.isObjectLiteralExpression(node) || ts.isObjectBindingPattern(node)) {
      this.#object(node)
    } else if (ts.isYieldExpression(node)) this.#yield(node)
    else if (ts.isFunctionLike(node)) this.#print(UNNAMED.repeat(keptStatements(node)))
    else if (ts.isClassLike(node)) this.#class(node)
    else if (ts.isExpression(node)) this.#expression(node)
    else if (ts.isBlock(node) || ts.isSwitchStatement(node)) this.#statements(node)
    else ts.forEachChild(node, (each) => this.find(each))
  }

  #statements(node: ts.Block | ts.SwitchStatement): void {
    const find = (each: ts.Statement): void => {
      if (!isNothing(each)) this.find(each)
    }
    if (ts.isBlock(node)) {
      node.statements.forEach(find)
      return
    }
    this.find(node.expression)
    for (const clause of node.caseBlock.clauses) {
      if (ts.isCaseClause(clause)) this.find(clause.expression)
      clause.statements.forEach(find)
    }
  }

  #expression(node: ts.Expression): void {
    if (ts.isStringLiteralLike(node)) this.#print(`"${node.text}"`)
    else if (ts.isNumericLiteral(node)) this.#print(String(Number(node.text)))
    else if (ts.isRegularExpressionLiteral(node)) this.#print(node.text)
    else if (ts.isSpreadElement(node)) this.#wrapped("(...", node.expression)
    else if (ts.isConditionalExpression(node)) {
      for (const each of [node.condition, node.whenTrue, node.whenFalse]) this.find(each)
    } else if (ts.isTemplateExpression(node)) {
      for (const span of node.templateSpans) this.find(span.expression, true)
    } else if (ts.isTypeOfExpression(node)) this.#wrapped("(typeof ", node.expression)
    else if (ts.isVoidExpression(node)) this.#wrapped("(void ", node.expression)
    else if (ts.isDeleteExpression(node)) this.#wrapped("(delete ", node.expression)
    else if (ts.isPrefixUnaryExpression(node)) {
      const folded = constantOf(node)
      if (folded === undefined) {
        this.#wrapped(`(${ts.tokenToString(node.operator) ?? ""}`, node.operand)
      } else this.#print(String(folded))
    } else if (ts.isPostfixUnaryExpression(node)) {
      this.#wrapped("(", node.operand, `${ts.tokenToString(node.operator) ?? ""})`)
    } else if (ts.isAwaitExpression(node)) this.find(node.expression)
    else if (ts.isMetaProperty(node)) this.#print(".new.target")
    else {
      const keyword = KEYWORDS.get(node.kind)
      if (keyword !== undefined) this.#print(keyword)
    }
  }

  #wrapped(before: string, node: ts.Expression, after = ")"): void {
    this.#print(before)
    this.find(node, true)
    this.#print(after)
  }

  #access(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): void {
    this.findLink(node.expression)
    const isOptional = node.questionDotToken !== undefined
    const key = ts.isPropertyAccessExpression(node) ? node.name : unwrap(node.argumentExpression)
    if (
      ts.isIdentifier(key) && ts.isPropertyAccessExpression(node) || ts.isStringLiteralLike(key)
    ) {
      this.#print(isOptional ? "?" : "")
      this.#print(`.${key.text}`)
    } else {
      if (isOptional) this.#print("?.")
      this.#print("[")
      if (ts.isPrivateIdentifier(key)) this.#print(key.text)
      else this.find(key, true)
      this.#print("]")
    }
  }

  /** Whether the node at the position is a call that nothing else was found for. */
  #begin(position: number): boolean {
    if (position !== this.#position) return false
    this.#isCall = true
    if (this.#found) return false
    this.#found = true
    return true
  }

  #call(
    callee: ts.Expression,
    position: number,
    args: ReadonlyArray<ts.Expression>
  ): void {
    const wasFound = this.#begin(position)
    if (callee.kind === ts.SyntaxKind.SuperKeyword) this.#print("super")
    else this.findLink(callee)
    if (!wasFound && !this.#isIterator) this.#print("(...)")
    if (!this.#found) { for (const each of args) this.find(each) }
    if (wasFound) this.#end()
  }

  #tag(node: ts.TaggedTemplateExpression): void {
    const spans = ts.isTemplateExpression(node.template) ? node.template.templateSpans : []
    this.#call(node.tag, node.template.getStart(), spans.map(({ expression }) => expression))
  }

  #new(node: ts.NewExpression): void {
    const wasFound = this.#begin(node.getStart())
    this.find(node.expression, wasFound || this.#isIterator)
    if (!this.#found) { for (const each of node.arguments ?? []) this.find(each) }
    if (wasFound) this.#end()
  }

  #binary(node: ts.BinaryExpression): void {
    const { kind } = node.operatorToken
    if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) {
      this.#assign(unwrap(node.left), node.right)
      return
    }
    const folded = constantOf(node)
    if (folded !== undefined) {
      this.#print(String(folded))
      return
    }
    const negated = NEGATED.get(kind)
    this.#print(negated === undefined ? "(" : "(!(")
    operandsOf(node).forEach((operand, i) => {
      if (i > 0) this.#print(` ${negated ?? ts.tokenToString(kind) ?? ""} `)
      this.find(operand, true)
    })
    this.#print(negated === undefined ? ")" : "))")
  }

  /** Of an object pattern V8 names the value, if the pattern or one of its targets is what it looks for. */
  #assign(target: ts.Node, value: ts.Expression): void {
    if (this.#takesPattern(target)) {
      this.find(value, true)
      this.#end()
      return
    }
    if (this.#found) {
      this.find(target, true)
      return
    }
    this.find(target)
    let wasFound = false
    if (isArrayPattern(target) && nodeOffset(value) === this.#position) {
      this.#isIterator = true
      wasFound = !this.#found
      this.#found = true
    }
    this.find(value, isArrayPattern(target))
    if (wasFound) this.#end()
  }

  #takesPattern(target: ts.Node): boolean {
    if (!placesOf(target).includes(this.#position) || this.#found) return false
    this.#found = true
    this.#isPattern = true
    return true
  }

  #parameter(node: ts.ParameterDeclaration): void {
    if (this.#takesPattern(node.name)) {
      // What is given has no name, and a default makes a conditional of it.
      if (node.initializer !== undefined) this.#print(UNNAMED.repeat(3))
      this.#end()
      return
    }
    this.find(node.name)
    if (node.initializer !== undefined) this.find(node.initializer)
  }

  #catch({ block, variableDeclaration }: ts.CatchClause): void {
    const pattern = variableDeclaration?.name
    if (pattern !== undefined) this.#taken(pattern, ".catch")
    this.find(block)
  }

  /** A pattern whose value V8 has in a variable of its own. */
  #taken(pattern: ts.Node, name: string): void {
    if (this.#takesPattern(pattern)) {
      this.#print(name)
      this.#end()
    } else this.find(pattern)
  }

  #forOf(node: ts.ForOfStatement): void {
    const isDeclared = ts.isVariableDeclarationList(node.initializer)
    if (!isDeclared) this.find(node.initializer)
    let wasFound = false
    if (nodeOffset(node.expression) === this.#position) {
      this.#isAsync = node.awaitModifier !== undefined
      this.#isIterator = !this.#isAsync
      wasFound = !this.#found
      this.#found = true
    }
    this.find(node.expression, true)
    if (wasFound) this.#end()
    const pattern = isDeclared ? node.initializer.declarations[0]?.name : undefined
    if (pattern !== undefined) this.#taken(pattern, ".for")
    this.find(node.statement)
  }

  #array(node: Pattern): void {
    this.#print("[")
    let isFirst = true
    for (const each of node.elements) {
      if (!isFirst) this.#print(",")
      isFirst = false
      const spread = ts.isSpreadElement(each) ? each.expression : undefined
      if (spread !== undefined && !this.#found && nodeOffset(spread) === this.#position) {
        this.#found = true
        this.#isIterator = true
        this.find(spread, true)
        this.#done = true
        return
      }
      this.find(each, true)
    }
    this.#print("]")
  }

  /** Computed keys are not looked at. */
  #object(node: ts.ObjectLiteralExpression | ts.ObjectBindingPattern): void {
    this.#print("{")
    if (ts.isObjectBindingPattern(node)) { for (const each of node.elements) this.find(each) }
    else {
      for (const each of node.properties) {
        if (ts.isPropertyAssignment(each)) this.find(each.initializer)
        else if (ts.isSpreadAssignment(each)) this.find(each.expression)
        else if (!ts.isShorthandPropertyAssignment(each)) this.find(each)
        else if (each.objectAssignmentInitializer === undefined) this.find(each.name)
        else this.#assign(each.name, each.objectAssignmentInitializer)
      }
    }
    this.#print("}")
  }

  #yield(node: ts.YieldExpression): void {
    const { asteriskToken, expression } = node
    if (expression === undefined) return
    if (
      asteriskToken !== undefined && !this.#found && nodeOffset(expression) === this.#position
    ) {
      this.#found = true
      if (isInAsync(node)) this.#isAsync = true
      else this.#isIterator = true
      this.#print("yield* ")
    }
    this.find(expression)
  }

  #class(node: ts.ClassLikeDeclaration): void {
    for (const clause of node.heritageClauses ?? []) {
      if (clause.token !== ts.SyntaxKind.ExtendsKeyword) continue
      for (const { expression } of clause.types) this.find(expression)
    }
    for (const each of node.members) {
      if (ts.isMethodDeclaration(each) || ts.isAccessor(each)) this.find(each)
    }
  }
}
