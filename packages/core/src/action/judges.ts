/**
 * Whether an error leads to another execution: by its names, and by predicates of the user's.
 *
 * Names are plain data and go with the policy. Predicates are functions: in a workflow they
 * are closures of the program, which stay in the state of the instance and are run by the
 * machine; in a plain run they are what they are. Both come to this file.
 *
 * @since 0.1.0
 */
import type { Policy } from "../machine/Model.ts"
import type { PolicyOptions } from "./Policy.ts"

type Predicate = (error: any) => unknown

/** The predicates of a retry policy. */
export interface Judges {
  readonly retryOn: ReadonlyArray<Predicate>
  readonly stopOn: ReadonlyArray<Predicate>
}

export const matchersOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value as ReadonlyArray<unknown> : value === undefined ? [] : [value]

/**
 * A function that is no class. The `prototype` of classes, also of those built in, cannot be
 * assigned; that of a constructor in the old style inherits `message` from `Error`.
 */
export const isPredicate = (matcher: unknown): matcher is Predicate => {
  if (typeof matcher !== "function") return false
  const own = Object.getOwnPropertyDescriptor(matcher, "prototype")
  if (own === undefined) return true
  const { value, writable } = own as { readonly value: unknown; readonly writable?: boolean }
  return writable === true && !(typeof value === "object" && value !== null && "message" in value)
}

/** The predicates among the matchers of a policy; undefined for none. */
export const judgesOf = ({ retry }: PolicyOptions): Judges | undefined => {
  if (typeof retry !== "object") return undefined
  const retryOn = matchersOf(retry.retryOn).filter(isPredicate)
  const stopOn = matchersOf(retry.stopOn).filter(isPredicate)
  return retryOn.length + stopOn.length === 0 ? undefined : { retryOn, stopOn }
}

/** What holds after `options` were set over what held before. */
export const laterJudges = (
  before: Judges | undefined,
  options: PolicyOptions
): Judges | undefined => options.retry === undefined ? before : judgesOf(options)

/**
 * Whether the matchers are for another execution after this error. `stopOn` is asked first,
 * and names before predicates.
 *
 * **Errors** What a predicate throws; a `TypeError` for one that answers with a promise.
 */
export const mayRetry = (
  { retryOn, stopOn }: NonNullable<Policy["retry"]>,
  names: ReadonlyArray<string>,
  judges?: Judges,
  error?: unknown
): boolean => {
  const named = (matchers: ReadonlyArray<string>) => matchers.some((name) => names.includes(name))
  const judged = (which: "retryOn" | "stopOn") =>
    judges !== undefined && judges[which].some((predicate) => isTrue(predicate(error), which))
  if (stopOn !== undefined && (named(stopOn) || judged("stopOn"))) return false
  return retryOn === undefined || named(retryOn) || judged("retryOn")
}

const isTrue = (answer: unknown, which: string): boolean => {
  if (typeof answer === "object" && answer !== null && "then" in answer) {
    throw new TypeError(
      `A function in \`retry.${which}\` answered with a promise: it must answer true or false. ` +
        "Look things up in an action, before the call."
    )
  }
  return Boolean(answer)
}
