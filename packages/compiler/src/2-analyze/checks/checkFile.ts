/**
 * Checks what concerns a file as a whole: syntax, and workflows that are made inside of other
 * code or as class expressions, which nothing would find.
 *
 * Reads the syntax; changes nothing. Reports `syntax`, `workflow-not-top-level`,
 * `unsupported-syntax`.
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
import { workflowAncestry, workflowsOf } from "../workflows.ts"

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
    if (
      ts.isClassLike(node) && (ts.isClassExpression(node) || !ts.isSourceFile(node.parent)) &&
      workflowAncestry(modules, module, node).length > 0
    ) report(catalogue.unsupportedSyntax(node.heritageClauses![0]!, HIDDEN_CLASS))
    ts.forEachChild(node, visit)
  }
  visit(syntax)
}

const HIDDEN_CLASS =
  "A workflow that is no `export class … extends Workflow` at the top level of its module"

/**
 * Local names by which the module may make workflows: `workflow`, `Workflow`, or a namespace
 * that has them.
 */
const workflowNames = (modules: Modules, module: Module): ReadonlyArray<string> =>
  Array.from(module.syntax.imports.keys()).filter((name) => {
    const meaning = modules.local(module, name)
    return meaning?.kind === "coreNamespace" || meaning?.kind === "namespace" ||
      (meaning?.kind === "core" && (meaning.name === "workflow" || meaning.name === "Workflow"))
  })
