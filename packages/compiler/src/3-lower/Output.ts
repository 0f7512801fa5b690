/**
 * The program under construction.
 *
 * @since 0.1.0
 */
import type { ActionNode, ClassNode, FunctionNode } from "@rappel/core/program/Program"
import type { ActionDeclaration } from "../2-analyze/actions.ts"
import { exportNameOf, type Module } from "../2-analyze/Modules.ts"
import type { ReachedModule } from "../2-analyze/reach.ts"

/** An action that the program calls, with its declaration. */
export interface UsedAction {
  readonly module: Module
  readonly action: ActionDeclaration
}

/**
 * Collects functions, classes, actions and positions.
 *
 * @since 0.1.0
 * @category models
 */
export class Output {
  readonly functions: Array<FunctionNode | undefined> = []
  readonly classes: Array<ClassNode | undefined> = []
  readonly actions: Array<ActionNode> = []
  readonly usedActions: Array<UsedAction> = []
  readonly positions: Array<readonly [module: number, line: number, column: number]> = []
  /** By module, the exports that others use: export name → local name. */
  readonly exports = new Map<ReachedModule, Map<string, string>>()
  #templates = 0

  position(module: number, line: number, column: number): number {
    return this.positions.push([module, line, column]) - 1
  }

  /** Reserves an index, since a function's number is needed while it is lowered. */
  newFunction(): number {
    return this.functions.push(undefined) - 1
  }

  newClass(): number {
    return this.classes.push(undefined) - 1
  }

  newTemplate(): number {
    return this.#templates++
  }

  /** The index of an action, added at its first use. */
  action(module: Module, action: ActionDeclaration): number {
    const known = this.usedActions.findIndex((used) => used.action === action)
    if (known >= 0) return known
    this.usedActions.push({ module, action })
    return this.actions.push({
      id: action.id,
      params: action.parameters,
      ...(action.takesAll ? { rest: 1 as const } : {}),
      file: module.name,
      x: action.exportName ?? action.name
    }) - 1
  }

  /** The name under which other modules see a local name. */
  exportOf(reached: ReachedModule, local: string): string {
    const name = exportNameOf(reached.module, local) ?? local
    let names = this.exports.get(reached)
    if (names === undefined) this.exports.set(reached, names = new Map())
    names.set(name, local)
    return name
  }
}
