/**
 * Findings for people: by file, with their frames, and a summary at the end.
 *
 * @since 0.1.0
 */
import type { Finding } from "@rappel/core/client/ClientError"
import type { CompilerModule } from "@rappel/core/client/Loader"
import type { Output } from "./Output.ts"

interface Checked {
  readonly name: string
  readonly export: string
  readonly accepted: boolean
  readonly findings: ReadonlyArray<Finding>
}

const count = (things: number, one: string): string => `${things} ${one}${things === 1 ? "" : "s"}`

/** What the compiler gives knows its file too. */
const fileOf = (finding: Finding): string =>
  (finding as Finding & { fileName?: string }).fileName ?? ""

/** Workflows that share a helper share its findings; by file, in the order of the first. */
const distinct = (checked: ReadonlyArray<Checked>): ReadonlyMap<string, ReadonlyArray<Finding>> => {
  const byFile = new Map<string, Map<string, Finding>>()
  for (const finding of checked.flatMap(({ findings }) => findings)) {
    const { code, column, line, message } = finding
    let own = byFile.get(fileOf(finding))
    if (own === undefined) byFile.set(fileOf(finding), own = new Map())
    const key = `${line}:${column}:${code}:${message}`
    if (!own.has(key)) own.set(key, finding)
  }
  return new Map(
    Array.from(byFile, ([file, found]) =>
      [
        file,
        Array.from(found.values()).sort((a, b) => a.line - b.line || a.column - b.column)
      ] as const)
  )
}

const totals = (findings: ReadonlyArray<Finding>): string =>
  ([["error", "error"], ["warning", "warning"], ["info", "note"]] as const)
    .map(([severity, name]) =>
      [findings.filter((each) => each.severity === severity).length, name] as const
    )
    .flatMap(([number, name]) => number > 0 ? [count(number, name)] : [])
    .join(", ")

/** Prints findings and the summary to stdout, in color only on a terminal. */
export const report = (
  compiler: Pick<CompilerModule, "render" | "renderColored">,
  checked: ReadonlyArray<Checked>,
  { isColored, note, result }: Pick<Output["Type"], "isColored" | "note" | "result">
): void => {
  const byFile = distinct(checked)
  const render = isColored ? compiler.renderColored : compiler.render
  for (const [file, findings] of byFile) {
    if (byFile.size > 1) {
      const heading = `${file}: ${totals(findings)}`
      result(`${isColored ? `\u001b[1m${heading}\u001b[0m` : heading}\n`)
    }
    for (const finding of findings) result(`${render(finding as never)}\n`)
  }
  const all = Array.from(byFile.values()).flat()
  if (all.length > 0) result(`${totals(all)} in ${count(byFile.size, "file")}`)
  const workflows = checked.filter((each) => each.export !== "")
  const refused = workflows.filter(({ accepted }) => !accepted)
  if (workflows.length === 0) {
    note("No workflow was found; one is `export const name = workflow(…)`.")
  } else if (refused.length === 0) {
    result(`${count(workflows.length, "workflow")} accepted: ${namesOf(workflows)}`)
  } else {
    result(
      `${refused.length} of ${count(workflows.length, "workflow")} not accepted: ${
        namesOf(refused)
      }`
    )
  }
}

/** As many names as fit on a few lines. */
const namesOf = (workflows: ReadonlyArray<Checked>): string => {
  const shown = workflows.slice(0, 20).map(({ name }) => name).join(", ")
  return workflows.length > 20 ? `${shown} and ${workflows.length - 20} more` : shown
}
