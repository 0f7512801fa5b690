/**
 * The actions of programs by their ids, in one look each.
 *
 * @since 0.1.0
 */
import type { ActionNode, ProgramFile } from "../../program/Program.ts"

export class Actions {
  private readonly files = new WeakMap<ProgramFile, Map<string, ActionNode>>()

  of(file: ProgramFile, id: string): ActionNode {
    let actions = this.files.get(file)
    if (actions === undefined) {
      actions = new Map(file.program.actions.map((action) => [action.id, action]))
      this.files.set(file, actions)
    }
    return actions.get(id)!
  }
}
