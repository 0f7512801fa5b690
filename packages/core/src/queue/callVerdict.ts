/**
 * What became of an attempt, as the payload of the message that tells it: the attempt, then
 * the details of its last heartbeat as `d<length>:<details>` if there were any, then a letter
 * and the encoded value, error or reason.
 *
 * @since 0.1.0
 */
import type { Verdict } from "./Calls.ts"

/** Of losses, by what the call may have to do with it. */
const LETTERS = { none: "l", shared: "d", sole: "c" } as const

export const encodeVerdict = (attempt: number, verdict: Verdict): string => {
  const details = verdict.kind === "succeeded" ? undefined : verdict.details
  const head = details === undefined ? `${attempt}` : `${attempt}d${details.length}:${details}`
  switch (verdict.kind) {
    case "succeeded":
      return `${head}+${verdict.value}`
    case "failed":
      return `${head}-${verdict.error}`
    case "timeout":
      return `${head}${verdict.isMissed === true ? "h" : "t"}`
    case "lost":
      return `${head}${LETTERS[verdict.blame ?? "none"]}${verdict.reason}`
  }
}

export const decodeVerdict = (
  payload: string
): { readonly attempt: number; readonly verdict: Verdict } => {
  const [head, attempt, length] = /^(\d+)(?:d(\d+):)?/.exec(payload)!
  const end = head.length + Number(length ?? 0)
  const details = length === undefined ? {} : { details: payload.slice(head.length, end) }
  return {
    attempt: Number(attempt),
    verdict: verdictOf(payload[end]!, payload.slice(end + 1), details)
  }
}

const verdictOf = (
  letter: string,
  rest: string,
  details: { readonly details?: string }
): Verdict => {
  switch (letter) {
    case "+":
      return { kind: "succeeded", value: rest }
    case "-":
      return { kind: "failed", error: rest, ...details }
    case "t":
      return { kind: "timeout", ...details }
    case "h":
      return { kind: "timeout", isMissed: true, ...details }
    case "d":
      return { kind: "lost", reason: rest, blame: "shared", ...details }
    case "c":
      return { kind: "lost", reason: rest, blame: "sole", ...details }
    default:
      return { kind: "lost", reason: rest, ...details }
  }
}
