/**
 * The modules of a project and what their names lead to.
 *
 * Resolution follows imports, re-exports, namespaces and aliases down to the
 * declaration; it reads a module only when a name leads there.
 *
 * @since 0.1.0
 */
import { DEFAULT, type ModuleSyntax, of, type Unit } from "../1-parse/ModuleSyntax.ts"
import { remembering, type SourceFiles } from "../1-parse/SourceFiles.ts"
import ts from "../typescript.ts"
import { type ActionDeclaration, findAction } from "./actions.ts"
import { relativeTo } from "./projectRoot.ts"
import { type Resolution, resolveModule } from "./resolveModule.ts"
import { chainRoot, unwrap } from "./syntaxKinds.ts"

/** A module of the project. */
export interface Module {
  /** Absolute path. */
  readonly file: string
  /** Relative to the project root, as programs name it. */
  readonly name: string
  readonly syntax: ModuleSyntax
}

/** What a name at the top level of a module, or an exported name, leads to. */
export type Meaning =
  /** A declaration. `via` are the import and export statements on the way, for the order of initialisation. */
  | {
    readonly kind: "binding"
    readonly module: Module
    readonly name: string
    readonly via: ReadonlyArray<number>
  }
  | { readonly kind: "action"; readonly module: Module; readonly action: ActionDeclaration }
  | { readonly kind: "core"; readonly name: string }
  | { readonly kind: "coreNamespace" }
  | { readonly kind: "namespace"; readonly module: Module; readonly via: ReadonlyArray<number> }
  /** From npm or Node, as `module` imports it. */
  | {
    readonly kind: "package"
    readonly module: Module
    readonly specifier: string
    readonly name: string
  }
  /** A constant that a package made: it exists in workers only. */
  | { readonly kind: "foreign"; readonly module: Module; readonly name: string }
  | { readonly kind: "noModule"; readonly specifier: string }
  /** `module` is the one that lacks it. */
  | {
    readonly kind: "noExport"
    readonly module: Module
    readonly specifier: string
    readonly name: string
  }
  | { readonly kind: "typeOnly" }

/**
 * Looks names up; one per compilation, since files may change in between.
 *
 * @since 0.1.0
 * @category services
 */
export class Modules {
  readonly root: string
  readonly files: SourceFiles
  readonly #modules = new Map<string, Module | undefined>()
  readonly #resolutions = new Map<Module, Map<string, Resolution>>()
  readonly #looking = new Set<Unit>()
  readonly #meanings = new Map<Module, Map<string, Meaning | undefined>>()

  constructor(root: string, files: SourceFiles) {
    this.root = root
    this.files = remembering(files)
  }

  at(file: string): Module | undefined {
    if (this.#modules.has(file)) return this.#modules.get(file)
    const source = this.files.parse(file)
    const module = source === undefined
      ? undefined
      : { file, name: relativeTo(this.root, file), syntax: of(source) }
    this.#modules.set(file, module)
    return module
  }

  #resolve(from: Module, specifier: string): Resolution {
    let known = this.#resolutions.get(from)
    if (known === undefined) this.#resolutions.set(from, known = new Map())
    let target = known.get(specifier)
    if (target === undefined) {
      target = resolveModule(this.files, from.file, specifier)
      known.set(specifier, target)
    }
    return target
  }

  /** The module of the project that a specifier means. */
  imported(from: Module, specifier: string): Module | undefined {
    const target = this.#resolve(from, specifier)
    return target.kind === "file" ? this.at(target.file) : undefined
  }

  /** What `name` means at the top level of `module`; undefined when the module does not know it. */
  local(module: Module, name: string): Meaning | undefined {
    let known = this.#meanings.get(module)
    if (known === undefined) this.#meanings.set(module, known = new Map())
    if (known.has(name)) return known.get(name)
    const meaning = this.#local(module, name)
    known.set(name, meaning)
    return meaning
  }

  /** What the exported `name` of `module` leads to; undefined when there is no such export. */
  exported(
    module: Module,
    name: string,
    seen: ReadonlySet<string> = new Set()
  ): Meaning | undefined {
    const key = `${module.file}#${name}`
    if (seen.has(key)) return undefined
    const next = new Set(seen).add(key)
    if (module.file.endsWith(".json")) {
      return { kind: "binding", module, name, via: [] }
    }
    const found = module.syntax.exports.get(name)
    if (found?.kind === "local") return this.local(module, found.name)
    if (found?.kind === "from") {
      return this.#imported(module, found.specifier, found.name, found.at, next)
    }
    if (name === "default") return undefined
    for (const star of module.syntax.stars) {
      const meaning = this.#imported(module, star.specifier, name, star.at, next)
      if (meaning !== undefined && meaning.kind !== "noExport") return meaning
    }
    return undefined
  }

  /** All exported names of a module that hold values, sorted as a namespace object has them. */
  exportedNames(module: Module, seen: ReadonlySet<Module> = new Set()): ReadonlyArray<string> {
    if (seen.has(module)) return []
    if (module.file.endsWith(".json")) return ["default"]
    const next = new Set(seen).add(module)
    const names = new Set(module.syntax.exports.keys())
    for (const star of module.syntax.stars) {
      const starred = this.imported(module, star.specifier)
      if (starred === undefined) continue
      for (const name of this.exportedNames(starred, next)) {
        if (name !== "default") names.add(name)
      }
    }
    return Array.from(names).sort()
  }

  /** What an expression of names and dots at the top level leads to: `action`, `r.action`, `utils.api.get`. */
  expression(module: Module, node: ts.Expression): Meaning | undefined {
    const inner = unwrap(node)
    if (ts.isIdentifier(inner)) return this.local(module, inner.text)
    if (!ts.isPropertyAccessExpression(inner)) return undefined
    const object = this.expression(module, inner.expression)
    return object === undefined ? undefined : this.member(object, inner.name.text)
  }

  /** What `object.name` leads to when `object` is a namespace; undefined for all other objects. */
  member(object: Meaning, name: string): Meaning | undefined {
    if (object.kind === "coreNamespace") return { kind: "core", name }
    if (object.kind !== "namespace") return undefined
    const found = this.exported(object.module, name)
    if (found === undefined) {
      return { kind: "noExport", module: object.module, specifier: object.module.name, name }
    }
    return found.kind === "binding" || found.kind === "namespace"
      ? { ...found, via: [...object.via, ...found.via] }
      : found
  }

  #local(module: Module, name: string): Meaning | undefined {
    const units = module.syntax.bindings.get(name)
    if (units !== undefined) {
      const action = findAction(this, module, name, units)
      if (action !== undefined) return { kind: "action", module, action }
      const [unit] = units
      return unit !== undefined && units.length === 1 && this.#isForeign(module, unit)
        ? { kind: "foreign", module, name }
        : { kind: "binding", module, name, via: [] }
    }
    const imported = module.syntax.imports.get(name)
    if (imported === undefined) return undefined
    if (imported.typeOnly) return { kind: "typeOnly" }
    return this.#imported(module, imported.specifier, imported.name, imported.node.pos, new Set())
  }

  /** Whether a package makes the value: `const schema = z.object({ … })`. */
  #isForeign(module: Module, unit: Unit): boolean {
    const value = valueOf(unit)
    const isConstant = unit.kind === "variable" && isConst(unit.node)
    if (value === undefined || !isConstant || this.#looking.has(unit)) return false
    const root = chainRoot(value)
    if (root === undefined) return false
    this.#looking.add(unit)
    try {
      return isForeign(this.meaningAt(module, root).meaning)
    } finally {
      this.#looking.delete(unit)
    }
  }

  /** What a name at the top level means together with the members of namespaces after it. */
  meaningAt(
    module: Module,
    name: ts.Identifier
  ): { readonly meaning: Meaning | undefined; readonly node: ts.Expression } {
    let meaning = this.local(module, name.text)
    let node: ts.Expression = name
    while (
      meaning !== undefined && ts.isPropertyAccessExpression(node.parent) &&
      node.parent.expression === node
    ) {
      const member = this.member(meaning, node.parent.name.text)
      if (member === undefined) break
      meaning = member
      node = node.parent
    }
    return { meaning, node }
  }

  #imported(
    module: Module,
    specifier: string,
    name: string,
    at: number,
    seen: ReadonlySet<string>
  ): Meaning | undefined {
    const target = this.#resolve(module, specifier)
    if (target.kind === "core") {
      return name === "*"
        ? { kind: "coreNamespace" }
        : { kind: "core", name }
    }
    if (target.kind === "package") return { kind: "package", module, specifier, name }
    const imported = target.kind === "file" ? this.at(target.file) : undefined
    if (imported === undefined) return { kind: "noModule", specifier }
    if (name === "*") return { kind: "namespace", module: imported, via: [at] }
    const meaning = this.exported(imported, name, seen)
    if (meaning === undefined) {
      return { kind: "noExport", module: imported, specifier, name }
    }
    return meaning.kind === "binding" || meaning.kind === "namespace"
      ? { ...meaning, via: [at, ...meaning.via] }
      : meaning
  }
}

export const isForeign = (meaning: Meaning | undefined): boolean =>
  meaning?.kind === "package" || meaning?.kind === "foreign"

const isConst = (node: ts.VariableDeclaration): boolean =>
  (node.parent.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const

/** The expression that a unit gives to its one name, if it is that simple. */
export const valueOf = (unit: Unit): ts.Expression | undefined => {
  if (unit.kind === "default") return unit.node.expression
  return unit.kind === "variable" && ts.isIdentifier(unit.node.name)
    ? unit.node.initializer
    : undefined
}

/** The first name under which a module exports a local name. */
export const exportNameOf = (module: Module, local: string): string | undefined => {
  if (local === DEFAULT) return "default"
  for (const [name, exported] of module.syntax.exports) {
    if (exported.kind === "local" && exported.name === local) return name
  }
  return undefined
}
