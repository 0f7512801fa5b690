/**
 * The state of an instance for people.
 *
 * @since 0.1.0
 */
import type { StateView, WaitView } from "@rappel/core/machine/view/viewOf"
import { moment } from "./table.ts"

const headOf = ({ dueAt, effect, instance, kind, what }: WaitView): string => {
  const about = kind === "timer"
    ? ` until ${moment(dueAt ?? null)}`
    : kind === "until"
    ? ""
    : ` of ${what}${instance === undefined ? "" : ` (${instance})`}`
  return `waits for ${kind === "until" ? "a condition" : kind}${about} [effect ${effect}]`
}

/** Each wait with the functions that are kept waiting, and their variables. */
export const stateLines = ({ cancelled, completed, waits }: StateView): ReadonlyArray<string> => {
  const lines: Array<string> = []
  if (cancelled) lines.push("was cancelled")
  if (completed) lines.push("its result is fixed")
  for (const wait of waits) {
    lines.push(headOf(wait))
    for (const { at, function: name, variables } of wait.stack) {
      lines.push(`  at ${name} (${at})`)
      for (const [variable, value] of Object.entries(variables)) {
        lines.push(`    ${variable} = ${value.replaceAll("\n", "\n    ")}`)
      }
    }
  }
  if (waits.length === 0 && !completed) lines.push("waits for nothing")
  return lines
}
