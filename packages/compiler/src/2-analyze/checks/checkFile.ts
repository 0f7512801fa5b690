/**
 * Checks what concerns a file as a whole: syntax, and workflows or actions that
 * are made inside of other code.
 *
 * Reads the syntax; changes nothing. Reports `syntax`, `workflow-not-top-level`.
 *
 *     it("runs", () => { const w = workflow(async () => 1) })
 *                                  ^^^^^^^^^^^^^^^^^^^^^^^ workflow-not-top-level
 *
 * @since 0.1.0
 */
import * as catalogue from "../../diagnostics/catalogue.ts"
import type { Report } from "../../diagnostics/Diagnostic.ts"
import ts from "../../typescript.ts"
import type { Module, Modules } from "../Modules.ts"
import { unwrap } from "../syntaxKinds.ts"
import { workflowsOf } from "../workflows.ts"

export const checkFile = (modules: Modules, module: Module, report: Report): void => {
  const { errors, syntax } = module.syntax.source
  for (const error of errors) {
    report({
      spec: catalogue.syntax.spec,
      message: ts.flattenDiagnosticMessageText(error.messageText, "\n"),
      file: syntax,
      start: error.start,
      length: error.length
    })
  }
  const locals = workflowNames(modules, module)
  if (locals.length === 0) return
  const declared = new Set<ts.Node>(workflowsOf(modules, module).map((each) => each.node))
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && !declared.has(node)) {
      const callee = unwrap(node.expression)
      const isNamed = ts.isIdentifier(callee)
        ? locals.includes(callee.text)
        : ts.isPropertyAccessExpression(callee)
      const meaning = isNamed ? modules.expression(module, callee) : undefined
      if (meaning?.kind === "core" && meaning.name === "workflow") {
        report(catalogue.workflowNotTopLevel(node, callee.getText()))
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(syntax)
}

/** Local names by which the module may call `workflow`: itself, or a namespace that has it. */
const workflowNames = (modules: Modules, module: Module): ReadonlyArray<string> =>
  Array.from(module.syntax.imports.keys()).filter((name) => {
    const meaning = modules.local(module, name)
    return meaning?.kind === "coreNamespace" || meaning?.kind === "namespace" ||
      (meaning?.kind === "core" && meaning.name === "workflow")
  })
