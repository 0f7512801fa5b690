/**
 * Forms that ECMAScript's grammar rules out and TypeScript's parser lets pass.
 *
 * Reads one node at a time; changes nothing. Hands messages to `fail`.
 *
 *     a ?? b || c
 *     ^^^^^^^^^^^ syntax
 *
 * @since 0.1.0
 */
import { hasModifier } from "../../1-parse/ModuleSyntax.ts"
import ts from "../../typescript.ts"
import { type FunctionSyntax, isFunction, isLoop } from "../syntaxKinds.ts"

export type Fail = (node: ts.Node, message: string) => void

/** Forms that the grammar rules out. */
export const checkForms = (node: ts.Node, fail: Fail): void => {
  if (ts.isClassLike(node)) {
    checkMembers(node, fail)
  } else if (ts.isAccessor(node)) {
    checkAccessor(node, fail)
    if (node.body !== undefined) checkDirective(node.body, node, fail)
  } else if (ts.isBinaryExpression(node)) {
    const isMixed = [node.left, node.right].some((side) =>
      ts.isBinaryExpression(side) && mixes(node.operatorToken.kind, side.operatorToken.kind)
    )
    if (isMixed) fail(node, "Unexpected token: `??` needs parentheses beside `||` and `&&`")
  } else if (ts.isMetaProperty(node)) {
    const isKnown = node.name.text === "target" || node.name.text === "meta"
    if (!isKnown) fail(node, `Unexpected identifier '${node.name.text}'`)
    if (node.getText().includes("\\")) fail(node, "Keyword must not contain escaped characters")
  } else if (ts.isTaggedTemplateExpression(node)) {
    if (((node.flags | node.tag.flags) & ts.NodeFlags.OptionalChain) !== 0) {
      fail(node, "Invalid tagged template on optional chain")
    }
  } else if (ts.isShorthandPropertyAssignment(node) || ts.isPropertyAssignment(node)) {
    // The parser reads a modifier, and keeps it where its types know of none.
    if ("modifiers" in node && node.modifiers !== undefined) fail(node, "Unexpected identifier")
  } else if (ts.isThrowStatement(node)) {
    const { end, pos } = node.expression
    if (pos === end || hasLineBreakBefore(node.expression)) {
      fail(node, "Illegal newline after throw")
    }
  } else if (isFunction(node) && node.body !== undefined && ts.isBlock(node.body)) {
    checkDirective(node.body, node, fail)
    checkArrow(node, fail)
  } else if (ts.isArrowFunction(node)) {
    checkArrow(node, fail)
  } else if (ts.isCaseBlock(node)) {
    const defaults = node.clauses.filter(ts.isDefaultClause)
    if (defaults.length > 1) fail(defaults[1]!, "More than one default clause in switch statement")
  } else if (ts.isIfStatement(node)) {
    checkSingle(node.thenStatement, fail)
    if (node.elseStatement !== undefined) checkSingle(node.elseStatement, fail)
  } else if (isLoop(node) && "statement" in node) {
    checkSingle(node.statement as ts.Statement, fail)
  }
}

const mixes = (outer: ts.SyntaxKind, inner: ts.SyntaxKind): boolean => {
  const isCoalesce = (kind: ts.SyntaxKind): boolean => kind === ts.SyntaxKind.QuestionQuestionToken
  const isLogical = (kind: ts.SyntaxKind): boolean =>
    kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.AmpersandAmpersandToken
  return (isCoalesce(outer) && isLogical(inner)) || (isLogical(outer) && isCoalesce(inner))
}

/** The body of a loop, a branch or a label must not be a declaration. */
export const checkSingle = (node: ts.Statement, fail: Fail): void => {
  const isLexical = ts.isVariableStatement(node) &&
    (node.declarationList.flags & ts.NodeFlags.BlockScoped) !== 0
  if (isLexical || ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node)) {
    fail(node, "A declaration cannot appear in a single-statement context")
  }
}

/** An arrow stands on the line on which its parameters end. */
const checkArrow = (node: FunctionSyntax, fail: Fail): void => {
  if (!ts.isArrowFunction(node)) return
  const { equalsGreaterThanToken: arrow } = node
  if (hasLineBreakBefore(arrow)) fail(arrow, "Unexpected token '=>'")
}

/** Between the end of the token before a node and the node. */
const hasLineBreakBefore = (node: ts.Node): boolean =>
  /[\n\r\u2028\u2029]/.test(node.getFullText().slice(0, node.getLeadingTriviaWidth()))

const checkMembers = (node: ts.ClassLikeDeclaration, fail: Fail): void => {
  const privates = new Map<string, ReadonlyArray<ts.ClassElement>>()
  let constructors = 0
  for (const member of node.members) {
    if (ts.isConstructorDeclaration(member)) {
      const isOwn = !hasModifier(member, ts.SyntaxKind.StaticKeyword)
      if (isOwn && hasModifier(member, ts.SyntaxKind.AsyncKeyword)) {
        fail(member, "Class constructor may not be an async method")
      }
      if (isOwn && member.body !== undefined && ++constructors > 1) {
        fail(member, "A class may only have one constructor")
      }
      continue
    }
    const isStatic = hasModifier(member, ts.SyntaxKind.StaticKeyword)
    if (member.name === undefined) continue
    if (ts.isPrivateIdentifier(member.name)) {
      const name = member.name.text
      if (name === "#constructor") {
        fail(member.name, "Classes may not have a private field named '#constructor'")
      }
      const others = privates.get(name) ?? []
      if (others.some((other) => !isAccessorPair(other, member))) {
        fail(member.name, `Identifier '${name}' has already been declared`)
      }
      privates.set(name, [...others, member])
    } else if (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name)) {
      const name = member.name.text
      if (isStatic && name === "prototype") {
        fail(member.name, "Classes may not have a static property named 'prototype'")
      } else if (name === "constructor" && ts.isPropertyDeclaration(member)) {
        fail(member.name, "Classes may not have a field named 'constructor'")
      } else if (!isStatic && name === "constructor" && isSpecial(member)) {
        fail(member.name, "Class constructor may not be an accessor, a generator or async")
      }
    }
  }
}

const isSpecial = (member: ts.ClassElement): boolean =>
  !ts.isMethodDeclaration(member) || member.asteriskToken !== undefined ||
  hasModifier(member, ts.SyntaxKind.AsyncKeyword)

/** A getter and a setter may share a private name. */
const isAccessorPair = (one: ts.ClassElement, other: ts.ClassElement): boolean =>
  ((ts.isGetAccessor(one) && ts.isSetAccessor(other)) ||
    (ts.isSetAccessor(one) && ts.isGetAccessor(other))) &&
  hasModifier(one, ts.SyntaxKind.StaticKeyword) === hasModifier(other, ts.SyntaxKind.StaticKeyword)

const checkAccessor = (node: ts.AccessorDeclaration, fail: Fail): void => {
  const parameters = node.parameters.filter((each) =>
    !(ts.isIdentifier(each.name) && each.name.text === "this")
  )
  if (ts.isGetAccessor(node) && parameters.length > 0) {
    fail(node, "Getter must not have any formal parameters.")
  } else if (ts.isSetAccessor(node) && parameters.length !== 1) {
    fail(node, "Setter must have exactly one formal parameter.")
  }
}

const checkDirective = (body: ts.Block, node: FunctionSyntax, fail: Fail): void => {
  const [first] = body.statements
  const isStrict = first !== undefined && ts.isExpressionStatement(first) &&
    ts.isStringLiteral(first.expression) && first.expression.text === "use strict"
  const isSimple = node.parameters.every((each) =>
    ts.isIdentifier(each.name) && each.initializer === undefined &&
    each.dotDotDotToken === undefined
  )
  if (isStrict && !isSimple) {
    fail(first, "Illegal 'use strict' directive in function with non-simple parameter list")
  }
}
