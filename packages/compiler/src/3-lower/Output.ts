/**
 * The program under construction.
 *
 * @since 0.1.0
 */
import type { ActionNode, ClassNode, FunctionNode, StepNode } from "@rappel/core/program/Program"
import { createHash } from "node:crypto"
import type { ActionDeclaration } from "../2-analyze/actions.ts"
import { exportNameOf, type Module } from "../2-analyze/Modules.ts"
import type { ReachedModule } from "../2-analyze/reach.ts"
import type { StepPlan } from "../2-analyze/steps/planSteps.ts"

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
  readonly #indexOf = new Map<ActionDeclaration, number>()
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
    const known = this.#indexOf.get(action)
    if (known !== undefined) return known
    this.usedActions.push({ module, action })
    this.#indexOf.set(action, this.actions.length)
    return this.actions.push({
      id: action.id,
      params: action.parameters,
      ...(action.takesAll ? { rest: 1 as const } : {}),
      file: module.name,
      x: action.exportName ?? action.name
    }) - 1
  }

  /** The index of an implicit step. The same code in the same module is the same step. */
  step(module: Module, { code, isHeld, name }: StepPlan): number {
    const { imports, isAsync, label, operands, setup } = code
    const step: StepNode = {
      imports,
      setup,
      code: code.code(isHeld && isAsync),
      n: label,
      ...(isHeld ? { held: isAsync ? 2 as const : 1 as const } : {})
    }
    const hash = createHash("sha256").update(JSON.stringify(step)).digest("hex").slice(0, 12)
    const id = `${module.name}#${name}:${hash}`
    const known = this.actions.findIndex((each) => each.id === id)
    if (known >= 0) return known
    return this.actions.push({ id, params: operands.length, file: module.name, x: name, step }) - 1
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
