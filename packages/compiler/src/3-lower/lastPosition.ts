/**
 * What V8 shows for operations that it has no position for: the last one before them in the
 * function's code, which need not be of what ran last.
 *
 * A walk over the function in the order of its bytecode, which notes the positions that V8's
 * generator sets. A statement's position holds for the first thing evaluated in it.
 *
 * Source: V8 11.3, src/interpreter/bytecode-generator.cc, `SetExpressionPosition`,
 * `SetStatementPosition` and `SetExpressionAsStatementPosition`.
 *
 * @since 0.1.0
 */
import { isErased, unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"
import { ownerOf } from "./codeOwner.ts"
import { constantOf, isConstant } from "./constantOf.ts"
import { nodeOffset } from "./nodeOffset.ts"
import { isLogicalOperator } from "./operatorNames.ts"
import { eachOf, eachOffset, elementOf, targetOffset } from "./patternPositions.ts"
import { classToken, functionOffset, isAccessNode, isUpdate, offsetOf } from "./positions.ts"

/** What a node does that has no position of its own. */
type Operation = "run" | "read" | "key" | "next" | "close"

type Noted = ReadonlyMap<ts.Node, Partial<Record<Operation, number>>>

const known = new WeakMap<ts.Node, Noted>()

/**
 * Where V8 says that an operation is: `run` is the operation itself, `read` the value that it
 * begins with, `next` and `close` are what an iteration does.
 */
export const lastPosition = (node: ts.Node, operation: Operation): number => {
  const owner = ownerOf(node)
  let noted = known.get(owner)
  if (noted === undefined) known.set(owner, noted = new Walk(owner).noted)
  return noted.get(node)?.[operation] ?? node.getStart()
}

class Walk {
  readonly noted = new Map<ts.Node, Partial<Record<Operation, number>>>()
  #last: number
  #isStatement = false
  /** Within `finally`, or what has one in V8: a `return` there ends later. */
  #finally = 0

  /** Said to whatever asks where a token starts: else each walks up to it. */
  readonly #file: ts.SourceFile

  constructor(owner: ts.Node) {
    this.#file = owner.getSourceFile()
    this.#last = ts.isFunctionLike(owner) ? functionOffset(owner) : owner.getStart(this.#file)
    if (ts.isFunctionLike(owner)) this.#function(owner)
    else if (ts.isPropertyDeclaration(owner)) {
      this.#statementAt(nodeOffset(owner.initializer!, this.#file))
      this.#visit(owner.initializer)
    } else if (ts.isClassStaticBlockDeclaration(owner)) this.#statements(owner.body.statements)
    else if (ts.isSourceFile(owner)) this.#statements(owner.statements)
  }

  #note(node: ts.Node, operation: Operation): void {
    this.#evaluated()
    const notes = this.noted.get(node)
    if (notes === undefined) this.noted.set(node, { [operation]: this.#last })
    else notes[operation] = this.#last
  }

  #at(offset: number): void {
    if (!this.#isStatement) this.#last = offset
  }

  #statementAt(offset: number): void {
    this.#last = offset
    this.#isStatement = true
  }

  /** Anything that is evaluated takes up a statement's position. */
  #evaluated(): void {
    this.#isStatement = false
  }

  #function(node: ts.SignatureDeclaration): void {
    this.#evaluated()
    for (const { initializer, name } of node.parameters) {
      this.#visit(initializer)
      if (!ts.isIdentifier(name)) this.#pattern(name)
    }
    const { body } = node as ts.FunctionLikeDeclaration
    if (body === undefined) return
    if (ts.isBlock(body)) this.#statements(body.statements)
    else {
      this.#statementAt(body.getStart(this.#file))
      this.#visit(body)
    }
  }

  // ---- statements

  /** Whether what follows can be reached. */
  #statements(nodes: ReadonlyArray<ts.Statement>): boolean {
    return nodes.every((node) => this.#statement(node))
  }

  #statement(node: ts.Statement | undefined): boolean {
    if (node === undefined || isErased(node)) return true
    if (ts.isExpressionStatement(node)) {
      this.#statementAt(node.getStart(this.#file))
      this.#visit(node.expression)
    } else if (ts.isVariableStatement(node)) this.#declarations(node.declarationList)
    else if (ts.isBlock(node)) return this.#statements(node.statements)
    else if (ts.isIfStatement(node)) return this.#if(node)
    else if (ts.isReturnStatement(node)) return this.#return(node)
    else if (ts.isThrowStatement(node)) {
      this.#statementAt(node.getStart(this.#file))
      this.#visit(node.expression)
      this.#at(node.getStart(this.#file))
      return false
    } else if (ts.isBreakOrContinueStatement(node)) {
      this.#statementAt(node.getStart(this.#file))
      this.#evaluated()
      return ts.isContinueStatement(node)
    } else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) this.#forOf(node)
    else if (ts.isIterationStatement(node, false)) this.#loop(node)
    else if (ts.isLabeledStatement(node)) this.#statement(node.statement)
    else if (ts.isSwitchStatement(node)) this.#switch(node)
    else if (ts.isTryStatement(node)) return this.#try(node)
    else if (ts.isClassDeclaration(node)) {
      this.#class(node)
      this.#at(classToken(node))
    } else if (ts.isExportAssignment(node)) this.#visit(node.expression)
    return true
  }

  #if(node: ts.IfStatement): boolean {
    this.#statementAt(node.getStart(this.#file))
    this.#visit(node.expression)
    const goesOn = this.#statement(node.thenStatement)
    return this.#statement(node.elseStatement) || goesOn
  }

  #return(node: ts.ReturnStatement): boolean {
    this.#statementAt(node.getStart(this.#file))
    this.#visit(node.expression)
    this.#evaluated()
    if (this.#finally === 0) this.#last = node.end
    return false
  }

  #declarations(list: ts.VariableDeclarationList): void {
    for (const { initializer, name } of list.declarations) {
      if (initializer === undefined) {
        this.#statementAt(name.getStart(this.#file))
        this.#evaluated()
        continue
      }
      this.#statementAt(nodeOffset(initializer, this.#file))
      this.#visit(initializer)
      this.#evaluated()
      this.#at(withoutTypes(initializer).getStart(this.#file))
      if (!ts.isIdentifier(name)) this.#pattern(name)
    }
  }

  #loop(node: ts.IterationStatement): void {
    let update: ts.Expression | undefined
    if (ts.isForStatement(node)) {
      const { condition, incrementor, initializer } = node
      if (initializer !== undefined && ts.isVariableDeclarationList(initializer)) {
        this.#declarations(initializer)
      } else this.#asStatement(initializer)
      this.#asStatement(condition)
      update = incrementor
    } else if (ts.isWhileStatement(node)) this.#asStatement(node.expression)
    const goesOn = this.#statement(node.statement)
    if (ts.isDoStatement(node)) this.#asStatement(node.expression)
    this.#asStatement(update)
    if (goesOn) this.#at(node.getStart(this.#file))
  }

  #asStatement(node: ts.Expression | undefined): void {
    // A condition that holds is not evaluated.
    if (node !== undefined && node.kind !== ts.SyntaxKind.TrueKeyword) this.#operand(node)
  }

  #operand(node: ts.Expression): void {
    this.#statementAt(nodeOffset(node, this.#file))
    this.#visit(node)
    this.#evaluated()
  }

  #forOf(node: ts.ForOfStatement | ts.ForInStatement): void {
    this.#operand(node.expression)
    this.#note(node, "run")
    const { initializer } = node
    const each = eachOf(initializer)
    if (each === undefined) return
    this.#finally++
    this.#last = eachOffset(each, this.#file)
    this.#note(node, "next")
    this.#assign(each)
    const goesOn = this.#statement(node.statement)
    this.#evaluated()
    if (goesOn) this.#last = node.getStart(this.#file)
    this.#note(node, "close")
    this.#finally--
  }

  #switch(node: ts.SwitchStatement): void {
    this.#statementAt(node.getStart(this.#file))
    this.#visit(node.expression)
    this.#evaluated()
    const { clauses } = node.caseBlock
    for (const clause of clauses) if (ts.isCaseClause(clause)) this.#visit(clause.expression)
    for (const clause of clauses) this.#statements(clause.statements)
  }

  #try(node: ts.TryStatement): boolean {
    const { catchClause, finallyBlock, tryBlock } = node
    if (finallyBlock !== undefined) this.#finally++
    let goesOn = this.#statements(tryBlock.statements)
    if (catchClause !== undefined) {
      const name = catchClause.variableDeclaration?.name
      if (name !== undefined && !ts.isIdentifier(name)) this.#pattern(name)
      if (this.#statements(catchClause.block.statements)) goesOn = true
    }
    if (finallyBlock === undefined) return goesOn
    this.#finally--
    return this.#statements(finallyBlock.statements) && goesOn
  }

  // ---- expressions

  #visit(expression: ts.Expression | undefined): void {
    if (expression === undefined) return
    const node = unwrap(expression)
    if (constantOf(node) !== undefined) this.#evaluated()
    else if (ts.isIdentifier(node)) {
      this.#at(node.getStart(this.#file))
      this.#evaluated()
    } else if (isAccessNode(node)) {
      this.#parts(node)
      this.#at(offsetOf(node, this.#file))
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      this.#visit(node.expression)
      for (const each of node.arguments ?? []) this.#visit(each)
      this.#evaluated()
      this.#at(offsetOf(node, this.#file))
    } else if (ts.isBinaryExpression(node)) this.#binary(node)
    else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
      this.#unary(node)
    } else if (ts.isDeleteExpression(node)) {
      const target = unwrap(node.expression)
      if (isAccessNode(target)) this.#parts(target)
      else this.#visit(target)
      this.#note(node, "run")
    } else if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) {
      this.#at(node.getStart(this.#file))
      this.#visit(node.expression)
      this.#note(node, "run")
      this.#at(node.getStart(this.#file))
    } else if (ts.isConditionalExpression(node)) {
      for (const each of [node.condition, node.whenTrue, node.whenFalse]) this.#visit(each)
    } else if (ts.isObjectLiteralExpression(node)) this.#object(node)
    else if (ts.isArrayLiteralExpression(node)) {
      this.#evaluated()
      for (const each of node.elements) this.#visit(each)
    } else if (ts.isSpreadElement(node)) {
      this.#visit(node.expression)
      if (ts.isArrayLiteralExpression(node.parent)) {
        this.#at(nodeOffset(node.expression, this.#file))
      }
    } else if (ts.isTemplateExpression(node)) {
      this.#evaluated()
      for (const span of node.templateSpans) {
        this.#visit(span.expression)
        this.#note(span, "run")
      }
    } else if (ts.isTaggedTemplateExpression(node)) {
      this.#visit(node.tag)
      if (ts.isTemplateExpression(node.template)) this.#visit(node.template)
      this.#evaluated()
      this.#at(offsetOf(node, this.#file))
    } else if (ts.isTypeOfExpression(node) || ts.isVoidExpression(node)) {
      this.#visit(node.expression)
    } else if (ts.isClassExpression(node)) this.#class(node)
    else this.#evaluated()
  }

  /** The object and the key of a property. */
  #parts(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): void {
    this.#visit(node.expression)
    if (ts.isElementAccessExpression(node)) this.#visit(node.argumentExpression)
    this.#evaluated()
  }

  #binary(node: ts.BinaryExpression): void {
    const { kind } = node.operatorToken
    if (kind === ts.SyntaxKind.CommaToken) {
      this.#visit(node.left)
      this.#asStatement(node.right)
    } else if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) {
      const target = unwrap(node.left)
      if (isAccessNode(target)) this.#parts(target)
      if (kind !== ts.SyntaxKind.EqualsToken) this.#note(node, "read")
      this.#visit(node.right)
      this.#note(node, "run")
      this.#at(node.operatorToken.getStart(this.#file))
      if (!isAccessNode(target) && !ts.isIdentifier(target)) this.#assign(target)
    } else {
      this.#visit(node.left)
      this.#visit(node.right)
      if (!isLogicalOperator(ts.tokenToString(kind) ?? "")) {
        this.#at(node.operatorToken.getStart(this.#file))
      }
    }
  }

  #unary(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): void {
    const target = unwrap(node.operand)
    if (!isUpdate(node)) this.#visit(target)
    else {
      if (isAccessNode(target)) this.#parts(target)
      this.#note(node, "read")
    }
    if (node.operator !== ts.SyntaxKind.ExclamationToken) this.#at(offsetOf(node, this.#file))
  }

  #object(node: ts.ObjectLiteralExpression): void {
    node.properties.forEach((each, i) => {
      if (ts.isSpreadAssignment(each)) {
        // V8 clones the first object of `{ ...a, b }`.
        if (i > 0) this.#at(nodeOffset(each.expression, this.#file))
        this.#visit(each.expression)
        this.#note(each, "run")
        return
      }
      if (i === 0) this.#evaluated()
      if (ts.isComputedPropertyName(each.name)) {
        this.#visit(each.name.expression)
        this.#note(each, "run")
      }
      if (ts.isPropertyAssignment(each) && !isConstant(each.initializer)) {
        this.#at(nodeOffset(each.initializer, this.#file))
        this.#visit(each.initializer)
      } else if (ts.isShorthandPropertyAssignment(each)) this.#at(each.name.getStart(this.#file))
      else if (ts.isMethodDeclaration(each)) this.#at(each.getStart(this.#file))
    })
  }

  #class(node: ts.ClassLikeDeclaration): void {
    this.#visit(
      node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
        ?.types[0]?.expression
    )
    this.#evaluated()
    for (const { name } of node.members) {
      if (name !== undefined && ts.isComputedPropertyName(name)) this.#asStatement(name.expression)
    }
    this.#note(node, "run")
  }

  // ---- patterns

  #assign(target: ts.Node): void {
    const node = ts.isExpression(target) ? unwrap(target) : target
    if (isAccessNode(node)) this.#parts(node)
    this.#note(node, "run")
    if (!isAccessNode(node) && !ts.isIdentifier(node)) this.#pattern(node)
  }

  #pattern(node: ts.Node): void {
    if (ts.isArrayBindingPattern(node) || ts.isArrayLiteralExpression(node)) {
      this.#note(node, "run")
      for (const each of node.elements) {
        if (!ts.isOmittedExpression(each)) this.#element(each)
        else this.#note(each, "next")
      }
      this.#note(node, "close")
    } else if (ts.isObjectBindingPattern(node)) {
      for (const each of node.elements) this.#element(each)
    } else if (ts.isObjectLiteralExpression(node)) {
      for (const each of node.properties) this.#element(each)
    }
  }

  #element(node: ts.Node): void {
    const { initializer, isRest, key, target } = elementOf(node)
    if (target === undefined) return
    const inArray = ts.isArrayBindingPattern(node.parent) ||
      ts.isArrayLiteralExpression(node.parent)
    this.#at(
      isRest && inArray ? node.getStart(this.#file) : targetOffset(target, this.#file)
    )
    if (key !== undefined && ts.isComputedPropertyName(key)) this.#visit(key.expression)
    this.#note(node, "key")
    if (isAccessNode(target)) this.#parts(target)
    this.#note(node, inArray ? "next" : "read")
    this.#visit(initializer)
    this.#note(target, "run")
    if (!isAccessNode(target) && !ts.isIdentifier(target)) this.#pattern(target)
  }
}
