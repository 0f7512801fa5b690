/**
 * What V8 calls functions without a name in stacks: `o.retry` for one that is assigned to it,
 * and odder things for callbacks that stand before an object.
 *
 * V8's parser collects the names that it passes, and gives them to the functions that it
 * passed, at the end of assignments, properties and declarations. The names begin anew with
 * each function, since V8 parses a function when it first runs; only arrows are parsed with the
 * function around them.
 *
 * Source: V8 11.3, src/parsing/func-name-inferrer.cc and its calls in parser-base.h.
 *
 * @since 0.1.0
 */
import { isErased, isTypeWrapper, unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import ts from "../typescript.ts"

const known = new WeakMap<ts.Node, ReadonlyMap<ts.Node, string>>()

/** "" when V8 infers none. */
export const inferredName = (node: ts.Node): string => {
  const owner = ownerOf(node)
  let names = known.get(owner)
  if (names === undefined) known.set(owner, names = new Inferrer(owner).inferred)
  return names.get(node) ?? ""
}

/** What a function is parsed with: the function around it, or the file. Fields belong to that. */
const ownerOf = (node: ts.Node): ts.Node => {
  let at = node.parent
  while (!isOwner(at)) at = at.parent
  return at
}

const isOwner = (node: ts.Node): boolean =>
  ts.isSourceFile(node) || ts.isFunctionLike(node) && !isParsedAtOnce(node)

/** What V8 compiles with the code around it, since it takes it for one that is called at once. */
const isParsedAtOnce = (node: ts.Node): boolean =>
  ts.isFunctionExpression(node) && isAfterOpening(node) ||
  (ts.isFunctionExpression(node) || ts.isArrowFunction(node)) && isCallee(node)

/** The first thing in `(function () {…}.call())`, or after `!`. */
const isAfterOpening = (node: ts.Node): boolean => {
  const start = node.getStart()
  let { parent } = node
  while (ts.isExpression(parent) && parent.getStart() === start) parent = parent.parent
  return ts.isParenthesizedExpression(parent) && parent.expression.getStart() === start ||
    ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken
}

const isCallee = (node: ts.Expression): boolean => {
  let at: ts.Node = node
  while (ts.isExpression(at.parent) && unwrap(at.parent) === node) at = at.parent
  const { parent } = at
  return ts.isCallExpression(parent) && parent.expression === at ||
    ts.isTaggedTemplateExpression(parent) && parent.tag === at
}

type Name = readonly [name: string, isVariable: boolean]

class Inferrer {
  readonly inferred = new Map<ts.Node, string>()
  #names: Array<Name> = []
  #pending: Array<ts.Node> = []
  #depth = 0

  constructor(owner: ts.Node) {
    if (ts.isSourceFile(owner)) this.#statements(owner.statements)
    else if (ts.isFunctionLike(owner)) {
      this.#enclosing(nameOf(owner))
      this.#function(owner as ts.FunctionLikeDeclaration)
    }
  }

  // ---- names

  #within(parse: () => void): void {
    const top = this.#names.length
    this.#depth++
    parse()
    this.#names.length = top
    this.#depth--
  }

  #push(name: string, isVariable = false): void {
    if (this.#depth > 0 && name !== "prototype") this.#names.push([name, isVariable])
  }

  /** Constructors begin with a capital letter. */
  #enclosing(name: string): void {
    if (/^\p{Lu}/u.test(name)) this.#names.push([name, false])
  }

  #add(node: ts.Node): void {
    if (this.#depth > 0) this.#pending.push(node)
  }

  #infer(): void {
    const name = this.#names
      .filter(([, isVariable], at) => !(isVariable && this.#names[at + 1]?.[1] === true))
      .map(([text]) => text)
      .join(".")
    // What was compiled already has no place for the name.
    for (const node of this.#pending) if (!isParsedAtOnce(node)) this.inferred.set(node, name)
    this.#pending = []
  }

  /** After `= value`: a function that is called there does not take the name. */
  #inferUnlessCalled(value: ts.Expression): void {
    const node = unwrap(value)
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.#pending.pop()
    else this.#infer()
  }

  // ---- functions and classes

  #function(node: ts.FunctionLikeDeclaration): void {
    for (const parameter of node.parameters) {
      this.#within(() => {
        this.#pattern(parameter.name)
        if (parameter.initializer !== undefined) this.#assigned(parameter.initializer)
      })
    }
    const { body } = node
    if (body === undefined) return
    if (ts.isBlock(body)) this.#statements(body.statements)
    else this.#assigned(body)
  }

  #class(node: ts.ClassLikeDeclaration): void {
    const heritage = node.heritageClauses?.find(({ token }) =>
      token === ts.SyntaxKind.ExtendsKeyword
    )
    if (heritage !== undefined) this.#within(() => this.#visit(heritage.types[0]?.expression))
    for (const member of node.members) {
      if (isErased(member)) continue
      if (ts.isClassStaticBlockDeclaration(member)) this.#statements(member.body.statements)
      if (member.name === undefined) continue
      const { name } = member
      this.#within(() => {
        if (ts.isComputedPropertyName(name)) this.#assigned(name.expression)
        else this.#push(keyText(name))
        if (ts.isPropertyDeclaration(member) && member.initializer !== undefined) {
          this.#assigned(member.initializer)
        }
        this.#infer()
      })
    }
    if (node.name === undefined) this.#add(node)
  }

  // ---- statements

  #statements(nodes: ReadonlyArray<ts.Statement>): void {
    for (const node of nodes) this.#statement(node)
  }

  #statement(node: ts.Statement): void {
    if (isErased(node)) return
    if (ts.isFunctionDeclaration(node)) return
    if (ts.isClassDeclaration(node)) this.#class(node)
    else if (ts.isVariableStatement(node)) this.#declarations(node.declarationList)
    else ts.forEachChild(node, (child) => this.#part(child))
  }

  /** What statements are made of. */
  #part(node: ts.Node): void {
    if (ts.isVariableDeclarationList(node)) this.#declarations(node)
    else if (ts.isVariableDeclaration(node)) this.#pattern(node.name)
    else if (ts.isCaseOrDefaultClause(node) || ts.isCaseBlock(node) || ts.isCatchClause(node)) {
      ts.forEachChild(node, (child) => this.#part(child))
    } else if (ts.isBlock(node) || ts.isStatement(node)) this.#statement(node)
    else if (ts.isExpression(node) && !isLabel(node)) this.#listed(node)
  }

  #declarations(list: ts.VariableDeclarationList): void {
    for (const { initializer, name } of list.declarations) {
      this.#within(() => {
        if (ts.isIdentifier(name)) this.#push(name.text, true)
        else this.#pattern(name)
        if (initializer === undefined) return
        this.#assigned(initializer)
        if (ts.isIdentifier(name)) this.#inferUnlessCalled(initializer)
      })
    }
  }

  #pattern(node: ts.BindingName): void {
    if (ts.isIdentifier(node)) return
    for (const element of node.elements) {
      if (ts.isOmittedExpression(element)) continue
      this.#within(() => {
        const { initializer, name, propertyName } = element
        if (propertyName !== undefined) {
          if (ts.isComputedPropertyName(propertyName)) this.#assigned(propertyName.expression)
          else this.#push(keyText(propertyName))
        }
        if (ts.isIdentifier(name)) this.#push(name.text, true)
        else this.#pattern(name)
        if (initializer !== undefined) {
          this.#assigned(initializer)
          this.#inferUnlessCalled(initializer)
        } else if (ts.isObjectBindingPattern(node)) this.#infer()
      })
    }
  }

  // ---- expressions

  /** An expression that may have commas. */
  #listed(node: ts.Expression): void {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken) {
      this.#listed(node.left)
      this.#listed(node.right)
    } else this.#assigned(node)
  }

  /** An expression that may be an assignment: its names are forgotten after it. */
  #assigned(expression: ts.Expression): void {
    const node = withoutTypes(expression)
    if (ts.isYieldExpression(node)) {
      if (node.expression !== undefined) this.#assigned(node.expression)
      return
    }
    this.#within(() => {
      if (ts.isArrowFunction(node)) {
        this.#function(node)
        this.#add(node)
      } else if (ts.isConditionalExpression(node)) {
        this.#visit(node.condition)
        this.#assigned(node.whenTrue)
        this.#assigned(node.whenFalse)
      } else if (ts.isBinaryExpression(node) && isAssignment(node)) {
        this.#visit(node.left)
        this.#assigned(node.right)
        if (NAMING.has(node.operatorToken.kind)) this.#inferUnlessCalled(node.right)
        else this.#pending.pop()
      } else this.#visit(node)
    })
  }

  #visit(node: ts.Node | undefined): void {
    if (node === undefined || ts.isTypeNode(node) || ts.isMetaProperty(node)) return
    if (ts.isExpression(node) && isTypeWrapper(node)) this.#visit(node.expression)
    else if (ts.isParenthesizedExpression(node)) this.#listed(node.expression)
    else if (ts.isIdentifier(node)) this.#push(node.text, true)
    else if (ts.isPropertyAccessExpression(node)) {
      this.#visit(node.expression)
      this.#push(node.name.text)
    } else if (ts.isElementAccessExpression(node)) {
      this.#visit(node.expression)
      this.#listed(node.argumentExpression)
      this.#push(elementText(node.argumentExpression))
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      this.#visit(node.expression)
      for (const each of node.arguments ?? []) this.#element(each)
      if (ts.isCallExpression(node)) this.#pending.pop()
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const each of node.elements) this.#element(each)
    } else if (ts.isObjectLiteralExpression(node)) this.#object(node)
    else if (ts.isFunctionExpression(node)) {
      if (isParsedAtOnce(node)) this.#function(node)
      if (node.name === undefined) this.#add(node)
    } else if (ts.isClassExpression(node)) this.#class(node)
    else if (ts.isTemplateExpression(node)) {
      for (const span of node.templateSpans) this.#listed(span.expression)
    } else ts.forEachChild(node, (child) => this.#visit(child))
  }

  #element(node: ts.Expression): void {
    if (ts.isOmittedExpression(node)) return
    this.#assigned(ts.isSpreadElement(node) ? node.expression : node)
  }

  #object(node: ts.ObjectLiteralExpression): void {
    for (const property of node.properties) {
      this.#within(() => {
        if (ts.isSpreadAssignment(property)) this.#assigned(property.expression)
        else {
          const { name } = property
          if (ts.isComputedPropertyName(name)) this.#assigned(name.expression)
          else this.#push(keyText(name))
          if (ts.isPropertyAssignment(property)) this.#assigned(property.initializer)
          else if (ts.isShorthandPropertyAssignment(property)) {
            this.#push(property.name.text, true)
            const { objectAssignmentInitializer: initial } = property
            if (initial !== undefined) this.#assigned(initial)
          }
        }
        this.#infer()
      })
    }
  }
}

/** `=` and the logical ones name what they assign. */
const NAMING: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken
])

const isAssignment = ({ operatorToken }: ts.BinaryExpression): boolean =>
  operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  operatorToken.kind <= ts.SyntaxKind.LastAssignment

const isLabel = ({ parent }: ts.Expression): boolean =>
  ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)

const keyText = (name: ts.PropertyName): string =>
  ts.isComputedPropertyName(name)
    ? ""
    : ts.isNumericLiteral(name)
    ? String(Number(name.text))
    : name.text

const elementText = (node: ts.Expression): string => {
  const key = unwrap(node)
  return ts.isStringLiteralLike(key) && !/^\d+$/.test(key.text) ? key.text : "<computed>"
}

/** The name that a function has itself, or from where it stands. */
const nameOf = (node: ts.SignatureDeclaration): string => {
  if (ts.isConstructorDeclaration(node)) return node.parent.name?.text ?? ""
  if (node.name !== undefined) return ts.isIdentifier(node.name) ? node.name.text : ""
  let at: ts.Node = node
  while (ts.isParenthesizedExpression(at.parent)) at = at.parent
  const { parent } = at
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text
  return ts.isPropertyAssignment(parent) ? keyText(parent.name) : ""
}
