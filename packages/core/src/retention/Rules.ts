/**
 * How long finished instances are kept: by workflow, by how they ended, or both.
 *
 * @since 0.1.0
 */
import { toMillis } from "../duration/Duration.ts"
import type { FinishedStatus } from "../queue/Queue.ts"

export interface Rule {
  /** The workflow's name; every workflow when absent. */
  readonly workflow?: string
  /** How it ended; both ways when absent. */
  readonly status?: FinishedStatus
  /** Kept for so long after it was closed; Infinity for ever. */
  readonly keepMillis: number
}

export type Rules = ReadonlyArray<Rule>

/** Infinity, unless a rule says otherwise. Of several rules the most exact counts, then the last. */
export const keepMillisOf = (rules: Rules, workflow: string, status: FinishedStatus): number => {
  let found: Rule | undefined
  for (const rule of rules) {
    if (rule.workflow !== undefined && rule.workflow !== workflow) continue
    if (rule.status !== undefined && rule.status !== status) continue
    if (found === undefined || weightOf(rule) >= weightOf(found)) found = rule
  }
  return found?.keepMillis ?? Infinity
}

/** A rule for one workflow is more exact than one for a status. */
const weightOf = ({ status, workflow }: Rule): number =>
  (workflow === undefined ? 0 : 2) + (status === undefined ? 0 : 1)

const FORM = /^(?:(.+?):)?(completed|failed|all|[^:=]+)=(.+)$/

/**
 * Rules as a setting has them: `completed=7d,failed=30d,greeting:completed=1h,audit=forever`.
 *
 * **Errors** Throws a `SyntaxError` that names the part that is no rule.
 *
 * @example
 * import { keepMillisOf, parseRules } from "@rappel/core/retention/Rules"
 *
 * const rules = parseRules("completed=7d, greeting:failed=1h")
 *
 * keepMillisOf(rules, "greeting", "failed") // => 3600000
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseRules = (text: string): Rules =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const [, before, name, time] = (FORM.exec(part) ?? []).map((found) => found?.trim())
    const keepMillis = time === undefined ? undefined : millisOf(time)
    if (name === undefined || keepMillis === undefined) {
      throw new SyntaxError(
        `${JSON.stringify(part)} is no rule; one is \`completed=7d\`, \`failed=30d\`, ` +
          "`greeting:completed=1h` or `greeting=forever`"
      )
    }
    const isStatus = name === "completed" || name === "failed"
    const workflow = before ?? (isStatus || name === "all" ? undefined : name)
    return {
      ...(workflow === undefined ? {} : { workflow }),
      ...(isStatus ? { status: name } : {}),
      keepMillis
    }
  })

const millisOf = (text: string): number | undefined => {
  if (text === "forever") return Infinity
  try {
    return toMillis(/^\d+$/.test(text) ? Number(text) : text)
  } catch {
    return undefined
  }
}
