/**
 * What stands at the top level of a module: imports, exports and declarations.
 *
 * A *unit* is the smallest thing that is compiled on demand: one declarator of a
 * variable statement, a function, a class, an enum, a default export.
 *
 * @since 0.1.0
 */
import ts from "../typescript.ts"
import type { SourceFile } from "./SourceFiles.ts"

/** The local name of `export default` when the exported thing has none. */
export const DEFAULT = "*default*"

/** One name that an import declaration binds; `name` is "*" for a namespace. */
export interface ImportedName {
  readonly specifier: string
  readonly name: string
  /** `import type`, or `type` before the name: no value is bound. */
  readonly typeOnly: boolean
  readonly node: ts.Node
}

export type Unit =
  | { readonly kind: "variable"; readonly node: ts.VariableDeclaration }
  | { readonly kind: "function"; readonly node: ts.FunctionDeclaration }
  | { readonly kind: "class"; readonly node: ts.ClassDeclaration }
  | { readonly kind: "enum"; readonly node: ts.EnumDeclaration }
  | { readonly kind: "namespace"; readonly node: ts.ModuleDeclaration }
  | { readonly kind: "default"; readonly node: ts.ExportAssignment }
  | { readonly kind: "statement"; readonly node: ts.Statement }

/** Where an exported name leads: to a local name, or into another module ("*": its namespace). */
export type Exported =
  | { readonly kind: "local"; readonly name: string }
  | {
    readonly kind: "from"
    readonly specifier: string
    readonly name: string
    readonly at: number
  }

export interface ModuleSyntax {
  readonly source: SourceFile
  readonly imports: ReadonlyMap<string, ImportedName>
  readonly exports: ReadonlyMap<string, Exported>
  /** `export * from`. */
  readonly stars: ReadonlyArray<{ readonly specifier: string; readonly at: number }>
  /** `import "./handlers"`. */
  readonly effects: ReadonlyArray<{ readonly specifier: string; readonly at: number }>
  /** Each local name with the units that declare it: several for merged enums and repeated `var`. */
  readonly bindings: ReadonlyMap<string, ReadonlyArray<Unit>>
  /** Statements that declare nothing. */
  readonly statements: ReadonlyArray<Unit & { readonly kind: "statement" }>
  /** Forms of modules that are not ECMAScript's: `export =`, `import x = require()`. */
  readonly foreign: ReadonlyArray<ts.Node>
}

const known = new WeakMap<SourceFile, ModuleSyntax>()

/** The top level of a parsed file; computed once per parse. */
export const of = (source: SourceFile): ModuleSyntax => {
  const found = known.get(source)
  if (found !== undefined) return found
  const syntax = read(source)
  known.set(source, syntax)
  return syntax
}

/** The identifiers that a name or pattern binds, in source order. */
export const boundNames = (name: ts.BindingName): ReadonlyArray<ts.Identifier> =>
  ts.isIdentifier(name)
    ? [name]
    : name.elements.flatMap((element) =>
      ts.isOmittedExpression(element) ? [] : boundNames(element.name)
    )

export const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((each) => each.kind === kind) === true

/** The text of an export or import name, which may be a string literal. */
const textOf = (name: ts.ModuleExportName): string => name.text

const read = (source: SourceFile): ModuleSyntax => {
  const imports = new Map<string, ImportedName>()
  const exports = new Map<string, Exported>()
  const stars: Array<{ specifier: string; at: number }> = []
  const effects: Array<{ specifier: string; at: number }> = []
  const bindings = new Map<string, Array<Unit>>()
  const statements: Array<Unit & { kind: "statement" }> = []
  const foreign: Array<ts.Node> = []

  const bind = (name: string, unit: Unit): void => {
    const units = bindings.get(name)
    if (units === undefined) bindings.set(name, [unit])
    else if (units.at(-1) !== unit) units.push(unit)
  }

  const bindDeclaration = (
    statement: ts.FunctionDeclaration | ts.ClassDeclaration | ts.EnumDeclaration,
    unit: Unit
  ): void => {
    const name = statement.name?.text ?? DEFAULT
    bind(name, unit)
    if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return
    const isDefault = hasModifier(statement, ts.SyntaxKind.DefaultKeyword)
    exports.set(isDefault ? "default" : name, { kind: "local", name })
  }

  for (const statement of source.syntax.statements) {
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) continue
    if (ts.isImportDeclaration(statement)) {
      const { importClause, moduleSpecifier, pos } = statement
      if (importClause === undefined && ts.isStringLiteral(moduleSpecifier)) {
        effects.push({ specifier: moduleSpecifier.text, at: pos })
      }
      readImport(statement, imports)
    } else if (ts.isExportDeclaration(statement)) {
      readExport(statement, exports, stars)
    } else if (ts.isVariableStatement(statement)) {
      const exported = hasModifier(statement, ts.SyntaxKind.ExportKeyword)
      for (const node of statement.declarationList.declarations) {
        const unit: Unit = { kind: "variable", node }
        for (const name of boundNames(node.name)) {
          bind(name.text, unit)
          if (exported) exports.set(name.text, { kind: "local", name: name.text })
        }
        // A pattern without names still runs: `const {} = f()` binds nothing that is reached.
      }
    } else if (ts.isFunctionDeclaration(statement)) {
      if (statement.body !== undefined) {
        bindDeclaration(statement, { kind: "function", node: statement })
      }
    } else if (ts.isClassDeclaration(statement)) {
      bindDeclaration(statement, { kind: "class", node: statement })
    } else if (ts.isEnumDeclaration(statement)) {
      bindDeclaration(statement, { kind: "enum", node: statement })
    } else if (ts.isModuleDeclaration(statement)) {
      if (ts.isIdentifier(statement.name) && isInstantiated(statement)) {
        const name = statement.name.text
        bind(name, { kind: "namespace", node: statement })
        if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
          exports.set(name, { kind: "local", name })
        }
      }
    } else if (ts.isExportAssignment(statement)) {
      if (statement.isExportEquals === true) {
        foreign.push(statement)
      } else if (ts.isIdentifier(statement.expression)) {
        exports.set("default", { kind: "local", name: statement.expression.text })
      } else {
        bind(DEFAULT, { kind: "default", node: statement })
        exports.set("default", { kind: "local", name: DEFAULT })
      }
    } else if (ts.isImportEqualsDeclaration(statement)) {
      if (!statement.isTypeOnly) foreign.push(statement)
    } else if (
      !ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement) &&
      !ts.isEmptyStatement(statement) && !ts.isNamespaceExportDeclaration(statement)
    ) {
      statements.push({ kind: "statement", node: statement })
    }
  }
  return { source, imports, exports, stars, effects, bindings, statements, foreign }
}

const readImport = (
  statement: ts.ImportDeclaration,
  imports: Map<string, ImportedName>
): void => {
  const clause = statement.importClause
  if (clause === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) return
  const specifier = statement.moduleSpecifier.text
  const add = (local: ts.Identifier, name: string, typeOnly: boolean): void => {
    imports.set(local.text, {
      specifier,
      name,
      typeOnly: typeOnly || clause.phaseModifier === ts.SyntaxKind.TypeKeyword,
      node: local
    })
  }
  if (clause.name !== undefined) add(clause.name, "default", false)
  const named = clause.namedBindings
  if (named === undefined) return
  if (ts.isNamespaceImport(named)) {
    add(named.name, "*", false)
    return
  }
  for (const element of named.elements) {
    add(element.name, textOf(element.propertyName ?? element.name), element.isTypeOnly)
  }
}

const readExport = (
  statement: ts.ExportDeclaration,
  exports: Map<string, Exported>,
  stars: Array<{ specifier: string; at: number }>
): void => {
  if (statement.isTypeOnly) return
  const specifier =
    statement.moduleSpecifier !== undefined && ts.isStringLiteral(statement.moduleSpecifier)
      ? statement.moduleSpecifier.text
      : undefined
  const clause = statement.exportClause
  if (clause === undefined) {
    if (specifier !== undefined) stars.push({ specifier, at: statement.pos })
  } else if (ts.isNamespaceExport(clause)) {
    if (specifier !== undefined) {
      exports.set(textOf(clause.name), { kind: "from", specifier, name: "*", at: statement.pos })
    }
  } else {
    for (const element of clause.elements) {
      if (element.isTypeOnly) continue
      const name = textOf(element.propertyName ?? element.name)
      exports.set(
        textOf(element.name),
        specifier === undefined
          ? { kind: "local", name }
          : { kind: "from", specifier, name, at: statement.pos }
      )
    }
  }
}

/** Whether a namespace holds anything at run time. */
export const isInstantiated = (node: ts.ModuleDeclaration): boolean => {
  const body = node.body
  if (body === undefined || hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return false
  if (!ts.isModuleBlock(body)) return ts.isModuleDeclaration(body) && isInstantiated(body)
  return body.statements.some((statement) =>
    !ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement) &&
    !hasModifier(statement, ts.SyntaxKind.DeclareKeyword) &&
    !(ts.isModuleDeclaration(statement) && !isInstantiated(statement))
  )
}
