/**
 * What became of an attempt, as the payload of the message that tells it: the attempt, a
 * letter, and the encoded value, error or reason.
 *
 * @since 0.1.0
 */
import type { Verdict } from "./Calls.ts"

export const encodeVerdict = (attempt: number, verdict: Verdict): string => {
  switch (verdict.kind) {
    case "succeeded":
      return `${attempt}+${verdict.value}`
    case "failed":
      return `${attempt}-${verdict.error}`
    case "timeout":
      return `${attempt}t`
    case "lost":
      return `${attempt}l${verdict.reason}`
  }
}

export const decodeVerdict = (
  payload: string
): { readonly attempt: number; readonly verdict: Verdict } => {
  const [, attempt, letter] = /^(\d+)(.)/s.exec(payload)!
  const rest = payload.slice(attempt!.length + 1)
  return {
    attempt: Number(attempt),
    verdict: letter === "+"
      ? { kind: "succeeded", value: rest }
      : letter === "-"
      ? { kind: "failed", error: rest }
      : letter === "t"
      ? { kind: "timeout" }
      : { kind: "lost", reason: rest }
  }
}
