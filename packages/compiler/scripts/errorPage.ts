/**
 * The page of one finding in `docs/errors`, from the catalogue and its fixtures.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { FindingSpec } from "../src/diagnostics/Diagnostic.ts"

/** `folder` holds the fixture: `findings.txt`, `workflow.ts` (before) and `instead.ts` (after). */
export const errorPage = (spec: FindingSpec, folder: string): string => {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8").trimEnd()
  const printed = read("findings.txt").split("\n\n").find((each) => each.includes(`[${spec.code}]`))
  return [
    `# ${spec.code}`,
    "",
    "```text",
    printed ?? "",
    "```",
    "",
    "**Why.** " + spec.why,
    "",
    "**Instead.** " + spec.help,
    "",
    "Before:",
    "",
    "```ts no-run",
    read("workflow.ts"),
    "```",
    "",
    "After:",
    "",
    "```ts no-run",
    read("instead.ts"),
    "```",
    ""
  ].join("\n")
}
