/**
 * Finds what a workflow's program must hold: every unit that its code can reach.
 *
 * Top-level bindings are compiled on demand, so a database client that only
 * actions use is never looked at. A statement that changes a reached binding
 * while its module loads (`handlers.set("a", f)`) belongs to it and is reached
 * with it, also in modules that are imported only for what they do; other
 * statements do not run.
 *
 * @since 0.1.0
 */
import { boundNames, DEFAULT, type Unit } from "../1-parse/ModuleSyntax.ts"
import type { Report } from "../diagnostics/Diagnostic.ts"
import ts from "../typescript.ts"
import type { ActionDeclaration } from "./actions.ts"
import { isInLeftOut } from "./channels.ts"
import type { Meaning, Module, Modules } from "./Modules.ts"
import { Scope, type VariableKind } from "./Scope.ts"
import { buildScopes, type Scopes } from "./scopes.ts"
import { planSteps, type StepPlan } from "./steps/planSteps.ts"
import { touched } from "./touched.ts"
import { definesFields } from "./tsconfig.ts"
import { isWorkflow } from "./workflows.ts"

/** A module with what is reached of it. */
export interface ReachedModule {
  readonly module: Module
  readonly index: number
  readonly scope: Scope
  readonly units: Set<Unit>
  /** Actions that need a binding of their own here: they have a policy, or a namespace lists them. */
  readonly actions: Map<string, ActionDeclaration>
  readonly scopes: Scopes
  /** By the expression that runs as one; undefined for one that cannot. */
  readonly steps: Map<ts.Node, StepPlan | undefined>
  /** Export names that stand for something of another module, when the namespace is used as a value. */
  readonly forwarded: Map<string, Meaning>
  /** Whether every export is wanted. */
  isWhole: boolean
  readonly imports: Map<ReachedModule, ReadonlyArray<number>>
}

export interface Reached {
  readonly modules: ReadonlyArray<ReachedModule>
  readonly of: (module: Module) => ReachedModule | undefined
}

export const reach = (
  modules: Modules,
  entry: { readonly module: Module; readonly local: string },
  report: Report,
  isStrict = false
): Reached => {
  const reached = new Map<Module, ReachedModule>()
  const queue: Array<() => void> = []
  const written = new Map<ReachedModule, Set<string>>()

  const enter = (module: Module): ReachedModule => {
    const known = reached.get(module)
    if (known !== undefined) return known
    const entered: ReachedModule = {
      module,
      index: reached.size,
      scope: new Scope("module", undefined, module.syntax.source.syntax),
      units: new Set(),
      actions: new Map(),
      scopes: new Map(),
      steps: new Map(),
      forwarded: new Map(),
      isWhole: false,
      imports: new Map()
    }
    reached.set(module, entered)
    written.set(entered, new Set())
    return entered
  }

  const scan = (into: ReachedModule, node: ts.Node): void => {
    queue.push(() => {
      const free: Array<ts.Identifier> = []
      const found = buildScopes(node, into.scope, {
        definesFields: definesFields(modules.files, into.module.file),
        report,
        onFree: (name, isWritten) => {
          if (isInLeftOut(modules, into.module, name, node)) return
          if (isWritten) written.get(into)!.add(name.text)
          free.push(name)
        }
      })
      for (const [at, scope] of found) into.scopes.set(at, scope)
      const around = { modules, module: into.module, scopes: found, report, isStrict }
      const isUsed = planSteps(around, free, into.steps)
      for (const name of free) if (isUsed(name)) useName(into, name)
    })
  }

  const addUnit = (into: ReachedModule, unit: Unit): void => {
    if (into.units.has(unit)) return
    into.units.add(unit)
    for (const { kind, name, readyAt } of namesOf(unit)) into.scope.declare(name, kind, readyAt)
    scan(into, unit.node)
  }

  const addBinding = (module: Module, name: string): ReachedModule => {
    const into = enter(module)
    for (const unit of module.syntax.bindings.get(name) ?? []) addUnit(into, unit)
    if (module.file.endsWith(".json")) into.scope.declare(name, "const", Infinity)
    return into
  }

  const addAction = (module: Module, action: ActionDeclaration): ReachedModule => {
    const into = enter(module)
    if (into.actions.has(action.name)) return into
    into.actions.set(action.name, action)
    into.scope.declare(action.name, "const", action.node.end)
    for (const node of [...action.policy, ...action.withs]) scan(into, node)
    return into
  }

  const order = (
    from: ReachedModule,
    to: ReachedModule,
    via: ReadonlyArray<number>
  ): void => {
    if (from === to) return
    const known = from.imports.get(to)
    if (known === undefined || comparePaths(via, known) < 0) from.imports.set(to, via)
  }

  const useMeaning = (from: ReachedModule, meaning: Meaning | undefined): void => {
    if (meaning?.kind === "binding") {
      order(from, addBinding(meaning.module, meaning.name), meaning.via)
    } else if (meaning?.kind === "action") {
      if (hasPolicy(meaning.action)) order(from, addAction(meaning.module, meaning.action), [])
    } else if (meaning?.kind === "namespace") {
      order(from, addAll(meaning.module), meaning.via)
    }
  }

  const addAll = (module: Module): ReachedModule => {
    const into = enter(module)
    if (into.isWhole) return into
    into.isWhole = true
    for (const name of modules.exportedNames(module)) {
      const meaning = modules.exported(module, name)
      if (meaning === undefined || meaning.kind === "typeOnly") continue
      if (meaning.kind === "action") {
        order(into, addAction(meaning.module, meaning.action), [])
      } else {
        useMeaning(into, meaning)
      }
      const isOwn = (meaning.kind === "binding" || meaning.kind === "action") &&
        meaning.module === module
      if (isOwn) continue
      into.forwarded.set(name, meaning)
      if (meaning.kind === "core" || meaning.kind === "namespace") {
        into.scope.declare(forwardedName(name), "const", 0)
      }
    }
    return into
  }

  const useName = (from: ReachedModule, name: ts.Identifier): void =>
    useMeaning(from, modules.meaningAt(from.module, name).meaning)

  /** Whether a name is one that the program holds, and not a workflow, whose methods only start it. */
  const isHeld = (module: Module, name: string): boolean => {
    const meaning = modules.local(module, name)
    return meaning?.kind === "binding" &&
      reached.get(meaning.module)?.scope.variables.has(meaning.name) === true &&
      !isWorkflow(modules, meaning.module, meaning.name)
  }

  const addTouching = (module: Module): void => {
    for (const statement of module.syntax.statements) {
      if (reached.get(module)?.units.has(statement)) continue
      const isTouching = touched(statement.node).some((name) => isHeld(module, name.text))
      if (isTouching) addUnit(enter(module), statement)
    }
  }

  /** Modules that are imported for what they do: `import "./handlers"`. */
  const addEffects = (from: Module, seen: Set<Module>): void => {
    for (const { at, specifier } of from.syntax.effects) {
      const module = modules.imported(from, specifier)
      if (module === undefined || seen.has(module)) continue
      seen.add(module)
      addEffects(module, seen)
      addTouching(module)
      const [importer, effect] = [reached.get(from), reached.get(module)]
      if (importer !== undefined && effect !== undefined) order(importer, effect, [at])
    }
  }

  addBinding(entry.module, entry.local)
  for (let next = queue.shift();; next = queue.shift()) {
    if (next !== undefined) {
      next()
      continue
    }
    const seen = new Set(reached.keys())
    for (const each of Array.from(seen)) {
      addTouching(each)
      addEffects(each, seen)
    }
    if (queue.length === 0) break
  }
  for (const [module, names] of written) {
    for (const name of names) {
      const variable = module.scope.variables.get(name)
      if (variable !== undefined) variable.isAssigned = true
    }
  }
  return { modules: Array.from(reached.values()), of: (module) => reached.get(module) }
}

/** Whether calls of an action have a policy that stands at its declaration. */
export const hasPolicy = (action: ActionDeclaration): boolean =>
  action.policy.length > 0 || action.withs.length > 0

/** The hidden variable that holds what a module only passes on. */
export const forwardedName = (name: string): string => `*${name}*`

/** Modules in the order of the import statements that lead to them. */
export const importsOf = (reached: ReachedModule): ReadonlyArray<ReachedModule> =>
  Array.from(reached.imports)
    .sort(([one, a], [other, b]) => comparePaths(a, b) || one.index - other.index)
    .map(([module]) => module)

const comparePaths = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!
  }
  return a.length - b.length
}

const namesOf = (
  unit: Unit
): ReadonlyArray<{ name: string; kind: VariableKind; readyAt: number }> => {
  const named = (node: { readonly name?: ts.Identifier | undefined }): string =>
    node.name?.text ?? DEFAULT
  switch (unit.kind) {
    case "variable": {
      const flags = unit.node.parent.flags & ts.NodeFlags.BlockScoped
      const kind = flags === ts.NodeFlags.Const
        ? "const" as const
        : flags === 0
        ? "var" as const
        : "let" as const
      return boundNames(unit.node.name).map((name) => ({
        name: name.text,
        kind,
        readyAt: kind === "var" ? 0 : unit.node.end
      }))
    }
    case "function":
      return [{ name: named(unit.node), kind: "function", readyAt: 0 }]
    case "class":
      return [{ name: named(unit.node), kind: "class", readyAt: unit.node.end }]
    case "enum":
      return [{ name: unit.node.name.text, kind: "enum", readyAt: 0 }]
    case "default":
      return [{ name: DEFAULT, kind: "const", readyAt: unit.node.end }]
    case "namespace":
      return [{ name: unit.node.name.text, kind: "var", readyAt: 0 }]
    case "statement":
      return []
  }
}
