/**
 * Questions about syntax that several passes ask.
 *
 * @since 0.1.0
 */
import ts from "../typescript.ts"

/** A function with code; overloads and abstract methods have none. */
export type FunctionSyntax =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.GetAccessorDeclaration
  | ts.SetAccessorDeclaration
  | ts.ConstructorDeclaration

/** What several passes ask of every node, answered by its kind alone where that is enough. */
const KINDS = new Uint8Array(ts.SyntaxKind.Count)
const FUNCTION = 1
const TYPE = 2
const MAYBE_ERASED = 4
for (let kind = 0; kind < KINDS.length; kind++) {
  if (ts.isTypeNode({ kind } as ts.Node)) KINDS[kind] = TYPE
}
KINDS[ts.SyntaxKind.ExpressionWithTypeArguments] = 0
for (
  const kind of [
    ts.SyntaxKind.TypeParameter,
    ts.SyntaxKind.InterfaceDeclaration,
    ts.SyntaxKind.TypeAliasDeclaration,
    ts.SyntaxKind.ImportDeclaration,
    ts.SyntaxKind.IndexSignature
  ]
) KINDS[kind] = TYPE
for (
  const kind of [
    ts.SyntaxKind.FunctionDeclaration,
    ts.SyntaxKind.FunctionExpression,
    ts.SyntaxKind.ArrowFunction,
    ts.SyntaxKind.MethodDeclaration,
    ts.SyntaxKind.GetAccessor,
    ts.SyntaxKind.SetAccessor,
    ts.SyntaxKind.Constructor
  ]
) KINDS[kind] = FUNCTION
for (
  const kind of [
    ts.SyntaxKind.HeritageClause,
    ts.SyntaxKind.Parameter,
    ts.SyntaxKind.VariableStatement,
    ts.SyntaxKind.FunctionDeclaration,
    ts.SyntaxKind.ClassDeclaration,
    ts.SyntaxKind.EnumDeclaration,
    ts.SyntaxKind.ModuleDeclaration,
    ts.SyntaxKind.PropertyDeclaration
  ]
) KINDS[kind]! |= MAYBE_ERASED

export const isFunction = (node: ts.Node): node is FunctionSyntax =>
  (KINDS[node.kind]! & FUNCTION) !== 0

/** Nodes that vanish when types are stripped. */
export const isErased = (node: ts.Node): boolean => {
  const kind = KINDS[node.kind]!
  return (kind & TYPE) !== 0 || ((kind & MAYBE_ERASED) !== 0 && isErasedHere(node))
}

const isErasedHere = (node: ts.Node): boolean => {
  if (ts.isHeritageClause(node)) return node.token === ts.SyntaxKind.ImplementsKeyword
  if (ts.isParameter(node)) return ts.isIdentifier(node.name) && node.name.text === "this"
  return ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((each) =>
        each.kind === ts.SyntaxKind.DeclareKeyword ||
        (each.kind === ts.SyntaxKind.AbstractKeyword && ts.isPropertyDeclaration(node))
      ) === true
}

/** An expression without parentheses, casts, assertions and type arguments around it. */
export const unwrap = (node: ts.Expression): ts.Expression => {
  let inner = node
  while (
    ts.isParenthesizedExpression(inner) || isTypeWrapper(inner)
  ) inner = inner.expression
  return inner
}

/** The wrappers that only TypeScript knows: `as`, `satisfies`, `<T>e`, `e!`, `e<T>`. */
export const isTypeWrapper = (
  node: ts.Node
): node is
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.TypeAssertion
  | ts.NonNullExpression
  | ts.ExpressionWithTypeArguments =>
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isTypeAssertionExpression(node) ||
  ts.isNonNullExpression(node) || ts.isExpressionWithTypeArguments(node)

/** What a chain of accesses, calls, `new` and `await` applies to: `b` for `a = (await b.c()).d`. */
export const chainObject = (node: ts.Node): ts.Expression | undefined => {
  if (ts.isTaggedTemplateExpression(node)) return node.tag
  return ts.isParenthesizedExpression(node) || isTypeWrapper(node) ||
      ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ||
      ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isAwaitExpression(node)
    ? node.expression
    : undefined
}

/** The name that a chain begins with. */
export const chainRoot = (node: ts.Expression): ts.Identifier | undefined => {
  let inner: ts.Expression = node
  for (;;) {
    const object = chainObject(inner)
    if (object === undefined) return ts.isIdentifier(inner) ? inner : undefined
    inner = object
  }
}

/** Without TypeScript's wrappers, but with parentheses. */
export const withoutTypes = (node: ts.Expression): ts.Expression => {
  let inner = node
  while (isTypeWrapper(inner)) inner = inner.expression
  return inner
}

/** Whether an expression gets its name from where it stands: `const f = () => 1`. */
export const isAnonymousFunction = (
  node: ts.Expression
): node is ts.ArrowFunction | ts.FunctionExpression | ts.ClassExpression =>
  ts.isArrowFunction(node) ||
  ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name === undefined)

export const isLoop = (node: ts.Node): boolean =>
  ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node) ||
  ts.isWhileStatement(node) || ts.isDoStatement(node)

export const isPattern = (
  node: ts.Node
): node is
  | ts.ObjectBindingPattern
  | ts.ArrayBindingPattern
  | ts.ObjectLiteralExpression
  | ts.ArrayLiteralExpression =>
  ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node) ||
  ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node)

/** Whether an identifier reads or writes a variable, rather than naming something. */
export const isReference = (node: ts.Identifier): boolean => {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isBindingElement(parent)) {
    return parent.initializer === node
  }
  if (
    ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) || ts.isPropertyDeclaration(parent) || ts.isEnumMember(parent)
  ) return parent.name !== node
  return !(
    ts.isMethodDeclaration(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent) ||
    ts.isFunctionDeclaration(parent) || ts.isFunctionExpression(parent) || ts.isClassLike(parent) ||
    ts.isEnumDeclaration(parent) || ts.isModuleDeclaration(parent) ||
    ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent) ||
    ts.isMetaProperty(parent) || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) ||
    ts.isImportClause(parent) || ts.isNamespaceImport(parent) || ts.isNamespaceExport(parent) ||
    ts.isQualifiedName(parent)
  )
}

export const ASSIGNMENTS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.PlusEqualsToken,
  ts.SyntaxKind.MinusEqualsToken,
  ts.SyntaxKind.AsteriskEqualsToken,
  ts.SyntaxKind.AsteriskAsteriskEqualsToken,
  ts.SyntaxKind.SlashEqualsToken,
  ts.SyntaxKind.PercentEqualsToken,
  ts.SyntaxKind.LessThanLessThanEqualsToken,
  ts.SyntaxKind.GreaterThanGreaterThanEqualsToken,
  ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken,
  ts.SyntaxKind.AmpersandEqualsToken,
  ts.SyntaxKind.BarEqualsToken,
  ts.SyntaxKind.CaretEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken
])

/** The names that an assignment target writes: `x`, or those inside a pattern. */
export const assignedNames = (target: ts.Node): ReadonlyArray<ts.Identifier> => {
  const node = ts.isExpression(target) ? unwrap(target) : target
  if (ts.isIdentifier(node)) return [node]
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(assignedNames)
  if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) {
    return assignedNames(node.expression)
  }
  if (ts.isObjectLiteralExpression(node)) return node.properties.flatMap(assignedNames)
  if (ts.isPropertyAssignment(node)) return assignedNames(node.initializer)
  if (ts.isShorthandPropertyAssignment(node)) return [node.name]
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return assignedNames(node.left)
  }
  return []
}
