/**
 * Scopes and their variables, and where each variable lives at run time.
 *
 * A scope has an environment of its own only if a closure captures one of its
 * variables, so that each iteration of a loop gets fresh ones; else its variables
 * live in the environment of the nearest scope outside that has one. A function
 * always has one.
 *
 * @since 0.1.0
 */
import type ts from "../typescript.ts"

export type VariableKind =
  | "var"
  | "let"
  | "const"
  | "class"
  | "function"
  | "parameter"
  /** The name of a function or class expression, inside it. */
  | "self"
  | "catch"
  | "enum"
  | "enumMember"
  /** Exported by a namespace: a property of its object. */
  | "namespaceMember"

export interface Variable {
  readonly name: string
  readonly kind: VariableKind
  readonly scope: Scope
  /** The source offset from which on its own function sees it initialised; 0 for always. */
  readonly readyAt: number
  /** A nested function uses it. */
  isCaptured: boolean
  /** Written after its declaration. */
  isAssigned: boolean
  isReferenced: boolean
  /** Some access was lowered with a check of the dead zone. */
  isChecked: boolean
  home: Scope | undefined
  index: number
}

export type ScopeKind =
  | "module"
  | "function"
  /** The body of a function whose parameters have expressions: those don't see its variables. */
  | "body"
  | "block"
  | "switch"
  | "class"
  /** The names of a `for … of` while its right side is evaluated: never initialised. */
  | "unready"
  | "enum"

/**
 * A static scope.
 *
 * @since 0.1.0
 * @category models
 */
export class Scope {
  readonly kind: ScopeKind
  readonly parent: Scope | undefined
  readonly node: ts.Node
  /** The scope of the function that it belongs to. */
  readonly owner: Scope
  readonly variables = new Map<string, Variable>()
  /** Names that a `var` inside carries out to the function. */
  readonly hoisted = new Set<string>()
  /** Private names of a class, and where their key objects live. */
  readonly privates = new Map<string, number>()
  /** Set by `layOut`. */
  hasEnvironment = false
  /** Names by index of the environment; index 0 is the link to the environment outside. */
  readonly slots: Array<string> = [""]
  /** Indices that this function's `for` heads keep uninitialised. */
  readonly neverSet: Array<number> = []

  constructor(kind: ScopeKind, parent: Scope | undefined, node: ts.Node) {
    this.kind = kind
    this.parent = parent
    this.node = node
    this.owner = kind === "module" || kind === "function" || parent === undefined
      ? this
      : parent.owner
  }

  declare(name: string, kind: VariableKind, readyAt = 0): Variable {
    const known = this.variables.get(name)
    // A repeated declaration is the same variable; a function replaces what `var` declared.
    if (known !== undefined && !(kind === "function" && known.kind === "var")) return known
    const variable: Variable = {
      name,
      kind,
      scope: this,
      readyAt,
      isCaptured: known?.isCaptured ?? false,
      isAssigned: known !== undefined || kind === "var",
      isReferenced: known?.isReferenced ?? false,
      isChecked: false,
      home: undefined,
      index: 0
    }
    this.variables.set(name, variable)
    return variable
  }

  lookup(name: string): Variable | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const found = scope.variables.get(name)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The class around that declares a private name. */
  lookupPrivate(name: string): Scope | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      if (scope.privates.has(name)) return scope
    }
    return undefined
  }

  /** The nearest scope, from this one outward, that has an environment. */
  home(): Scope {
    let scope: Scope = this
    while (!scope.hasEnvironment && scope.parent !== undefined) scope = scope.parent
    return scope
  }

  /** Environments between this scope and `home`. */
  depthTo(home: Scope): number {
    let depth = 0
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      if (!scope.hasEnvironment) continue
      if (scope === home) return depth
      depth++
    }
    throw new Error("a variable is used outside of its scope")
  }

  /** A new place in this scope's environment; temporaries have the name "". */
  allocate(name: string): number {
    return this.slots.push(name) - 1
  }

  /** Size of the environment, 0 for none. Final once the whole scope is lowered. */
  size(): number {
    return this.hasEnvironment ? this.slots.length : 0
  }

  /** The indices that start uninitialised. Final once the whole scope is lowered. */
  unset(): ReadonlyArray<number> {
    const checked = Array.from(this.variables.values())
      .filter((variable) => variable.isChecked)
      .map((variable) => variable.index)
    return [...checked, ...this.neverSet].sort((a, b) => a - b)
  }
}

/** Decides which scopes have environments and gives every variable its place. `scopes` are outermost first. */
export const layOut = (scopes: Iterable<Scope>): void => {
  for (const scope of scopes) {
    const variables = Array.from(scope.variables.values())
    scope.hasEnvironment = scope.owner === scope || scope.privates.size > 0 ||
      (scope.kind !== "unready" && scope.kind !== "body" && scope.kind !== "enum" &&
        variables.some((variable) => variable.isCaptured))
    for (const name of scope.privates.keys()) scope.privates.set(name, scope.allocate(name))
    if (scope.kind === "enum") continue
    for (const variable of variables) {
      // The names of a loop head never become ready, so one place per call is enough.
      if (scope.kind === "unready" && !variable.isReferenced) continue
      variable.home = scope.kind === "unready" ? scope.owner : scope.home()
      variable.index = variable.home.allocate(variable.name)
      if (scope.kind === "unready") variable.home.neverSet.push(variable.index)
    }
  }
}
