/**
 * Runs the checks of code over everything that a workflow reaches.
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Finding, Report } from "../../diagnostics/Diagnostic.ts"
import type ts from "../../typescript.ts"
import type { Modules } from "../Modules.ts"
import type { Reached } from "../reach.ts"
import { checkEarlyErrors } from "./checkEarlyErrors.ts"
import { checkFloatingPromises } from "./checkFloatingPromises.ts"
import { checkHeld } from "./checkHeld.ts"
import { checkReachability } from "./checkReachability.ts"
import { checkUnused } from "./checkUnused.ts"

export const checkUnits = (modules: Modules, reached: Reached, report: Report): void => {
  for (const each of reached.modules) {
    if (each.module.syntax.source.errors.length > 0) continue
    for (const unit of each.units) {
      for (const finding of ofSyntax(unit.node)) report(finding)
      checkFloatingPromises(modules, each, unit.node, report)
      checkHeld(each, unit.node, report)
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

const known = new WeakMap<ts.Node, ReadonlyArray<Finding>>()

/** What the syntax of a unit alone says, found once for all workflows that reach it. */
const ofSyntax = (unit: ts.Node): ReadonlyArray<Finding> => {
  let findings = known.get(unit)
  if (findings === undefined) {
    const found: Array<Finding> = []
    const report = (finding: Finding): void => {
      found.push(finding)
    }
    checkEarlyErrors(unit, report)
    checkReachability(unit, report)
    checkUnused(unit, report)
    findings = found
    known.set(unit, findings)
  }
  return findings
}
