/**
 * Checks how a workflow is declared.
 *
 * Reads the declaration; changes nothing. Reports `workflow-name-not-literal`,
 * `workflow-function`, `workflow-without-run`.
 *
 *     export const w = workflow(async function*() { … })
 *                               ^^^^^^^^^^^^^^^^^^^^^^ workflow-function
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import type { Module, Modules } from "../Modules.ts"
import { unwrap } from "../syntaxKinds.ts"
import { workflowAncestry, type WorkflowDeclaration } from "../workflows.ts"

export const checkWorkflow = (
  modules: Modules,
  module: Module,
  workflow: WorkflowDeclaration,
  report: Report
): void => {
  const { node, opaque } = workflow
  if (opaque !== undefined) report(catalogue.workflowNameNotLiteral(opaque))
  if (ts.isCallExpression(node)) {
    const fn = node.arguments.at(-1)
    const body = fn === undefined ? undefined : unwrap(fn)
    if (body !== undefined && ts.isFunctionExpression(body) && body.asteriskToken !== undefined) {
      report(catalogue.workflowFunction(body))
    }
    return
  }
  const hasRun = workflowAncestry(modules, module, node).some((each) =>
    each.members.some((member) =>
      member.name !== undefined && ts.isIdentifier(member.name) && member.name.text === "run"
    )
  )
  if (!hasRun) report(catalogue.workflowWithoutRun(node.name ?? node, node.name?.text ?? "default"))
}
