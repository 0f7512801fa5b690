/**
 * Runs the checks of code over everything that a workflow reaches.
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import type { Modules } from "../Modules.ts"
import type { Reached } from "../reach.ts"
import { checkEarlyErrors } from "./checkEarlyErrors.ts"
import { checkFloatingPromises } from "./checkFloatingPromises.ts"
import { checkReachability } from "./checkReachability.ts"

export const checkUnits = (modules: Modules, reached: Reached, report: Report): void => {
  for (const each of reached.modules) {
    if (each.module.syntax.source.errors.length > 0) continue
    for (const unit of each.units) {
      checkEarlyErrors(unit.node, report)
      checkReachability(unit.node, report)
      checkFloatingPromises(modules, each, unit.node, report)
      if (unit.kind === "variable") {
        for (const variable of each.scope.variables.values()) {
          const isHere = variable.readyAt === unit.node.end
          if (
            isHere && variable.isAssigned && (variable.kind === "let" || variable.kind === "var")
          ) {
            report(catalogue.moduleState(unit.node.name, variable.name))
          }
        }
      }
    }
  }
}
