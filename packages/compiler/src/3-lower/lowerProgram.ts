/**
 * Lowers everything that a workflow reaches into one program.
 *
 * @since 0.1.0
 */
import { FORMAT, type Positions, type Program } from "@rappel/core/program/Program"
import type { Modules } from "../2-analyze/Modules.ts"
import type { Reached } from "../2-analyze/reach.ts"
import { layOut } from "../2-analyze/Scope.ts"
import type { Report } from "../diagnostics/Diagnostic.ts"
import { classLike } from "./classes.ts"
import { expression } from "./expressions.ts"
import { functionLike } from "./functions.ts"
import { type Kinds, Lowering } from "./Lowering.ts"
import { exportWhole, lowerModule, moduleNode } from "./modules.ts"
import { Output, type UsedAction } from "./Output.ts"
import { bind } from "./patterns.ts"
import { statement } from "./statements.ts"

const KINDS: Kinds = { expression, statement, functionLike, classLike, bind }

export interface Lowered {
  readonly program: Program
  readonly positions: Positions
  readonly actions: ReadonlyArray<UsedAction>
}

export const lowerProgram = (
  modules: Modules,
  reached: Reached,
  entry: { readonly name: string; readonly local: string },
  report: Report
): Lowered => {
  const output = new Output()
  const around = { kinds: KINDS, modules, reached, output, report }
  for (const each of reached.modules) layOut([each.scope, ...each.scopes.values()])

  const lowerings = reached.modules.map((here) => new Lowering(around, here))
  const functions = lowerings.map(lowerModule)
  const x = output.exportOf(reached.modules[0]!, entry.local)
  for (const each of lowerings) exportWhole(each)

  const program: Program = {
    format: FORMAT,
    name: entry.name,
    entry: { m: 0, x },
    modules: lowerings.map((each, i) => moduleNode(each, functions[i]!)),
    functions: output.functions.filter((each) => each !== undefined),
    classes: output.classes.filter((each) => each !== undefined),
    actions: output.actions
  }
  return { program, positions: output.positions, actions: output.usedActions }
}
