/**
 * What the modules that a workflow's module imports do while they load: `dayjs.extend(utc)`,
 * `import "dayjs/locale/de"`. A step that uses the package needs the same done in its worker.
 *
 * @since 0.1.0
 */
import ts from "../../typescript.ts"
import type { Module, Modules } from "../Modules.ts"
import { resolveModule } from "../resolveModule.ts"
import { Scope } from "../Scope.ts"
import { buildScopes } from "../scopes.ts"

/** A module with its place in the order in which Node runs modules. */
export interface LoadedModule {
  readonly module: Module
  /** Packages that it imports only for what they do. */
  readonly packages: ReadonlyArray<string>
  readonly statements: ReadonlyArray<LoadingStatement>
}

export interface LoadingStatement {
  readonly node: ts.Statement
  /** The names of the module that it mentions; undefined when it cannot be moved elsewhere. */
  readonly free: ReadonlyArray<ts.Identifier>
  readonly isMovable: boolean
}

const known = new WeakMap<Modules, Map<Module, ReadonlyArray<LoadedModule>>>()

/** The modules that Node runs for `entry`, in its order; `entry` is the last. */
export const moduleEffects = (
  modules: Modules,
  entry: Module
): ReadonlyArray<LoadedModule> => {
  let cache = known.get(modules)
  if (cache === undefined) known.set(modules, cache = new Map())
  let loaded = cache.get(entry)
  if (loaded === undefined) cache.set(entry, loaded = inOrder(modules, entry))
  return loaded
}

const inOrder = (modules: Modules, entry: Module): ReadonlyArray<LoadedModule> => {
  const loaded: Array<LoadedModule> = []
  const seen = new Set<Module>()
  const visit = (module: Module): void => {
    if (seen.has(module)) return
    seen.add(module)
    const packages: Array<string> = []
    for (const statement of module.syntax.source.syntax.statements) {
      const specifier = specifierOf(statement)
      if (specifier === undefined) continue
      const imported = modules.imported(module, specifier)
      if (imported !== undefined) visit(imported)
      else if (
        ts.isImportDeclaration(statement) && statement.importClause === undefined &&
        resolveModule(modules.files, module.file, specifier).kind === "package"
      ) packages.push(specifier)
    }
    const statements = module.syntax.statements.map(({ node }) => loading(module, node))
    loaded.push({ module, packages, statements })
  }
  visit(entry)
  return loaded
}

/** What a statement imports values from. */
const specifierOf = (node: ts.Statement): string | undefined => {
  const isImport = ts.isImportDeclaration(node) &&
    node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword
  const isExport = ts.isExportDeclaration(node) && !node.isTypeOnly
  if (!isImport && !isExport) return undefined
  const { moduleSpecifier } = node as ts.ImportDeclaration | ts.ExportDeclaration
  return moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)
    ? moduleSpecifier.text
    : undefined
}

const loading = (module: Module, node: ts.Statement): LoadingStatement => {
  const free: Array<ts.Identifier> = []
  let isMovable = true
  buildScopes(node, new Scope("module", undefined, module.syntax.source.syntax), {
    definesFields: true,
    report: () => {},
    onFree: (name, isWritten) => {
      free.push(name)
      if (isWritten) isMovable = false
    }
  })
  const visit = (inner: ts.Node): void => {
    if (ts.isMetaProperty(inner) || ts.isAwaitExpression(inner)) isMovable = false
    if (inner.kind === ts.SyntaxKind.ImportKeyword) isMovable = false
    ts.forEachChild(inner, visit)
  }
  visit(node)
  return { node, free, isMovable }
}
