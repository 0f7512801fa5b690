/**
 * Builds the scopes of one unit and finds which variables its closures capture.
 *
 * Reads the syntax; changes nothing. Reports `syntax` for a name that is
 * declared twice, and hands every name that the unit itself does not declare to
 * `onFree`.
 *
 * @since 0.1.0
 */
import { boundNames, hasModifier, isInstantiated } from "../1-parse/ModuleSyntax.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import type { Report } from "../diagnostics/Diagnostic.ts"
import ts from "../typescript.ts"
import { Scope, type VariableKind } from "./Scope.ts"
import {
  assignedNames,
  ASSIGNMENTS,
  type FunctionSyntax,
  isErased,
  isFunction,
  isReference
} from "./syntaxKinds.ts"

/** Takes a name that no scope of the unit declares; `isWritten` when it is assigned to. */
export type OnFree = (name: ts.Identifier, isWritten: boolean) => void

/** The scopes of a unit by the node that opens them; outermost first. */
export type Scopes = Map<ts.Node, Scope>

export const buildScopes = (
  unit: ts.Node,
  module: Scope,
  options: { readonly definesFields: boolean; readonly report: Report; readonly onFree: OnFree }
): Scopes => {
  const { definesFields, onFree, report } = options
  const scopes: Scopes = new Map()
  declareIn(unit, module, { scopes, report, definesFields })
  resolveIn(unit, module, scopes, onFree)
  return scopes
}

// ---- declarations

interface Building {
  readonly scopes: Scopes
  readonly report: Report
  /** Whether class fields are defined, as in ECMAScript, or assigned. */
  readonly definesFields: boolean
}

/** The private name that stands for a field which is assigned and not defined. */
export const hiddenField = (
  owner: ts.ClassLikeDeclaration,
  member: ts.PropertyDeclaration
): string => `=${owner.members.indexOf(member)}`

const declareIn = (node: ts.Node, scope: Scope, building: Building): void => {
  if (isErased(node)) return
  const { definesFields, report, scopes } = building
  const inside = (next: Scope, ...children: ReadonlyArray<ts.Node | undefined>): void => {
    for (const child of children) {
      if (child !== undefined) declareIn(child, next, building)
    }
  }
  const open = (kind: Scope["kind"], parent: Scope, at: ts.Node): Scope => {
    const opened = new Scope(kind, parent, at)
    scopes.set(at, opened)
    return opened
  }

  if (isFunction(node)) {
    if (node.body === undefined) return
    if (ts.isFunctionDeclaration(node) && node.name !== undefined) {
      declareLexical(scope, node.name, "function", 0, report)
    }
    if (node.name !== undefined && ts.isComputedPropertyName(node.name)) inside(scope, node.name)
    declareFunction(node, scope, building)
  } else if (ts.isClassLike(node)) {
    if (ts.isClassDeclaration(node) && node.name !== undefined) {
      declareLexical(scope, node.name, "class", node.end, report)
    }
    const own = open("class", scope, node)
    if (node.name !== undefined) own.declare(node.name.text, "self", node.end)
    for (const member of node.members) {
      if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) {
        own.privates.set(member.name.text, 0)
      } else if (
        !definesFields && ts.isPropertyDeclaration(member) && member.initializer !== undefined &&
        !hasModifier(member, ts.SyntaxKind.StaticKeyword)
      ) {
        own.privates.set(hiddenField(node, member), 0)
      }
    }
    inside(own, ...(node.heritageClauses ?? []), ...node.members)
  } else if (ts.isPropertyDeclaration(node)) {
    inside(scope, node.name)
    if (node.initializer !== undefined) inside(open("function", scope, node), node.initializer)
  } else if (ts.isClassStaticBlockDeclaration(node)) {
    inside(open("function", scope, node), ...node.body.statements)
  } else if (ts.isVariableDeclarationList(node)) {
    for (const declaration of node.declarations) {
      declareVariable(declaration, node.flags, scope, report)
    }
    inside(scope, ...node.declarations)
  } else if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    let right = scope
    if (ts.isVariableDeclarationList(node.initializer) && isLexical(node.initializer.flags)) {
      right = open("unready", scope, node.initializer)
      for (const declaration of node.initializer.declarations) {
        for (const name of boundNames(declaration.name)) right.declare(name.text, "let")
      }
    }
    inside(right, node.expression)
    inside(open("block", scope, node), node.initializer, node.statement)
  } else if (ts.isForStatement(node)) {
    inside(
      open("block", scope, node),
      node.initializer,
      node.condition,
      node.incrementor,
      node.statement
    )
  } else if (ts.isCatchClause(node)) {
    const own = open("block", scope, node)
    if (node.variableDeclaration !== undefined) {
      for (const name of boundNames(node.variableDeclaration.name)) {
        declareLexical(own, name, "catch", node.variableDeclaration.end, report)
      }
      inside(own, node.variableDeclaration)
    }
    inside(own, node.block)
  } else if (ts.isBlock(node)) {
    inside(open("block", scope, node), ...node.statements)
  } else if (ts.isCaseBlock(node)) {
    inside(open("switch", scope, node), ...node.clauses)
  } else if (ts.isModuleDeclaration(node)) {
    if (!isInstantiated(node)) return
    if (scope.kind !== "module") scope.declare(node.name.text, "var")
    declareNamespace(node, open("function", scope, node), building)
  } else if (ts.isEnumDeclaration(node)) {
    if (scope.kind !== "module") scope.declare(node.name.text, "enum")
    const own = open("enum", scope, node)
    for (const member of node.members) {
      if (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name)) {
        own.declare(member.name.text, "enumMember")
      }
    }
    inside(own, ...node.members)
  } else {
    ts.forEachChild(node, (child) => inside(scope, child))
  }
}

/** What the function of a namespace calls the object that it fills. */
export const NAMESPACE = "*namespace*"

/** Values that a namespace exports are properties, in all of its declarations in the file. */
const declareNamespace = (node: ts.ModuleDeclaration, own: Scope, building: Building): void => {
  own.declare(NAMESPACE, "parameter")
  for (const statement of statementsOf(node.body)) {
    if (isErased(statement)) continue
    if (!ts.isVariableStatement(statement) || !isExported(statement)) {
      declareIn(statement, own, building)
      continue
    }
    // Its names are properties, which are there from the start.
    for (const { initializer, name } of statement.declarationList.declarations) {
      for (const each of boundNames(name)) own.declare(each.text, "namespaceMember")
      declareIn(name, own, building)
      if (initializer !== undefined) declareIn(initializer, own, building)
    }
  }
  for (const { body } of declarationsOf(node)) {
    if (body === node.body) continue
    for (const statement of statementsOf(body)) {
      if (isErased(statement) || !isExported(statement)) continue
      for (const name of exportedNames(statement)) {
        if (!own.variables.has(name.text)) own.declare(name.text, "namespaceMember")
      }
    }
  }
}

const isExported = (statement: ts.Statement): boolean =>
  hasModifier(statement, ts.SyntaxKind.ExportKeyword)

const exportedNames = (statement: ts.Statement): ReadonlyArray<ts.Identifier> => {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name))
  }
  const { name } = statement as ts.DeclarationStatement
  return name !== undefined && ts.isIdentifier(name) ? [name] : []
}

/** The declarations of a namespace in its file that add to the same object. */
export const declarationsOf = (
  node: ts.ModuleDeclaration
): ReadonlyArray<ts.ModuleDeclaration> => {
  const around = node.parent
  const siblings: ReadonlyArray<ts.Statement> = ts.isSourceFile(around) || ts.isModuleBlock(around)
    ? around.statements
    : [node]
  return siblings.filter((each): each is ts.ModuleDeclaration =>
    ts.isModuleDeclaration(each) && each.name.text === node.name.text && isInstantiated(each)
  )
}

/** The statements of a namespace; of `A.B` the one that declares `B`. */
export const statementsOf = (
  body: ts.ModuleDeclaration["body"]
): ReadonlyArray<ts.Statement> =>
  body === undefined || ts.isIdentifier(body)
    ? []
    : ts.isModuleBlock(body)
    ? body.statements
    : [body as ts.ModuleDeclaration]

const declareFunction = (
  node: FunctionSyntax,
  scope: Scope,
  building: Building
): void => {
  const { report, scopes } = building
  const own = new Scope("function", scope, node)
  scopes.set(node, own)
  const parameters = node.parameters.filter((each) => !isErased(each))
  const hasExpressions = parameters.some(hasExpression)
  for (const parameter of parameters) {
    for (const name of boundNames(parameter.name)) {
      if (own.variables.has(name.text)) {
        report(catalogue.syntax(name, "Duplicate parameter name not allowed in this context"))
      }
      own.declare(name.text, "parameter", hasExpressions ? parameter.end : 0)
    }
    declareIn(parameter.name, own, building)
    if (parameter.initializer !== undefined) declareIn(parameter.initializer, own, building)
  }
  const body = node.body!
  if (!ts.isBlock(body)) {
    declareIn(body, own, building)
  } else {
    let inner = own
    if (hasExpressions) {
      inner = new Scope("body", own, body)
      scopes.set(body, inner)
    }
    for (const statement of body.statements) declareIn(statement, inner, building)
  }
  if (
    ts.isFunctionExpression(node) && node.name !== undefined && !own.variables.has(node.name.text)
  ) own.declare(node.name.text, "self")
}

const hasExpression = (parameter: ts.ParameterDeclaration): boolean =>
  parameter.initializer !== undefined || patternHasExpression(parameter.name)

const patternHasExpression = (name: ts.BindingName): boolean =>
  !ts.isIdentifier(name) && name.elements.some((element) =>
    !ts.isOmittedExpression(element) &&
    (element.initializer !== undefined ||
      (element.propertyName !== undefined && ts.isComputedPropertyName(element.propertyName)) ||
      patternHasExpression(element.name))
  )

export const isLexical = (flags: ts.NodeFlags): boolean => (flags & ts.NodeFlags.BlockScoped) !== 0

const declareVariable = (
  declaration: ts.VariableDeclaration,
  flags: ts.NodeFlags,
  scope: Scope,
  report: Report
): void => {
  const kind = (flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const
    ? "const"
    : isLexical(flags)
    ? "let"
    : "var"
  // The head of `for (const x of …)` has no initialiser; its names are ready in the body.
  const readyAt = declaration.end
  for (const name of boundNames(declaration.name)) {
    if (kind === "var") declareVar(scope, name, report)
    else declareLexical(scope, name, kind, readyAt, report)
  }
}

/** `var` belongs to the function, and clashes with a `let` on the way there. */
const declareVar = (scope: Scope, name: ts.Identifier, report: Report): void => {
  for (let here: Scope = scope;; here = here.parent!) {
    const known = here.variables.get(name.text)
    const isTop = here.owner === here || here.kind === "body"
    if (known !== undefined && isLexicalKind(known.kind, isTop)) {
      report(alreadyDeclared(name))
    }
    if (isTop) {
      here.declare(name.text, "var")
      return
    }
    here.hoisted.add(name.text)
  }
}

const declareLexical = (
  scope: Scope,
  name: ts.Identifier,
  kind: VariableKind,
  readyAt: number,
  report: Report
): void => {
  if (scope.kind === "module") return
  const known = scope.variables.get(name.text)
  const isTop = scope.owner === scope || scope.kind === "body"
  const around = ts.isCatchClause(scope.node.parent)
    ? scope.parent?.variables.get(name.text)
    : undefined
  if (around?.kind === "catch" && scope.node.kind === ts.SyntaxKind.Block) {
    report(alreadyDeclared(name))
  }
  const mayRepeat = kind === "function" && isTop && !isLexicalKind(known?.kind ?? "var", true)
  if (known !== undefined && !mayRepeat || scope.hoisted.has(name.text)) {
    report(alreadyDeclared(name))
  }
  scope.declare(name.text, kind, readyAt)
}

const isLexicalKind = (kind: VariableKind, isTop: boolean): boolean =>
  kind === "let" || kind === "const" || kind === "class" || (kind === "function" && !isTop)

const alreadyDeclared = (name: ts.Identifier) =>
  catalogue.syntax(name, `Identifier '${name.text}' has already been declared`)

// ---- uses

const resolveIn = (
  node: ts.Node,
  scope: Scope,
  scopes: Scopes,
  onFree: OnFree
): void => {
  if (isErased(node) || (isFunction(node) && node.body === undefined)) return
  const here = scopes.get(node) ?? scope
  if (ts.isIdentifier(node)) {
    if (isReference(node)) use(node, here, onFree)
    return
  }
  for (const name of writtenNames(node)) {
    const variable = here.lookup(name.text)
    if (variable !== undefined && variable.scope.kind !== "module") variable.isAssigned = true
    else onFree(name, true)
  }
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    resolveIn(node.expression, scopes.get(node.initializer) ?? scope, scopes, onFree)
    if (ts.isVariableDeclarationList(node.initializer)) {
      // The scope under the list is the one of its right side only.
      ts.forEachChild(node.initializer, (child) => resolveIn(child, here, scopes, onFree))
    } else {
      resolveIn(node.initializer, here, scopes, onFree)
    }
    resolveIn(node.statement, here, scopes, onFree)
    return
  }
  if (isFunction(node) || ts.isPropertyDeclaration(node)) {
    // A computed name is evaluated outside of the function.
    if (node.name !== undefined && ts.isComputedPropertyName(node.name)) {
      resolveIn(node.name, scope, scopes, onFree)
    }
    ts.forEachChild(node, (child) => {
      if (child !== node.name) resolveIn(child, here, scopes, onFree)
    })
    return
  }
  ts.forEachChild(node, (child) => resolveIn(child, here, scopes, onFree))
}

const use = (node: ts.Identifier, scope: Scope, onFree: OnFree): void => {
  const variable = scope.lookup(node.text)
  if (variable === undefined || variable.scope.kind === "module") {
    onFree(node, false)
    if (variable !== undefined) variable.isReferenced = true
    return
  }
  variable.isReferenced = true
  if (variable.scope.owner !== scope.owner) variable.isCaptured = true
  if (variable.kind === "namespaceMember") {
    const holder = variable.scope.variables.get(NAMESPACE)!
    holder.isCaptured ||= variable.scope.owner !== scope.owner
  } else if (variable.kind === "enumMember") {
    const own = variable.scope.node as ts.EnumDeclaration
    const holder = scope.lookup(own.name.text)
    if (holder !== undefined) holder.isCaptured ||= holder.scope.owner !== scope.owner
  }
}

const writtenNames = (node: ts.Node): ReadonlyArray<ts.Identifier> => {
  if (ts.isBinaryExpression(node) && ASSIGNMENTS.has(node.operatorToken.kind)) {
    return assignedNames(node.left)
  }
  if (
    (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
    (node.operator === ts.SyntaxKind.PlusPlusToken ||
      node.operator === ts.SyntaxKind.MinusMinusToken)
  ) return assignedNames(node.operand)
  if (
    (ts.isForOfStatement(node) || ts.isForInStatement(node)) &&
    !ts.isVariableDeclarationList(node.initializer)
  ) return assignedNames(node.initializer)
  return []
}
