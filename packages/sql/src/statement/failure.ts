/**
 * What a failure of the driver means for the caller.
 *
 * Codes: https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
import { QueueUnavailable } from "@rappel/core/queue/QueueError"

/** The SQLSTATE or the system's code (`ECONNREFUSED`); "" for none. */
export const codeOf = (failure: unknown): string => {
  const code = (driverError(failure) as { readonly code?: unknown } | null)?.code
  return typeof code === "string" ? code : ""
}

/** @effect/sql wraps the driver's error, and a transaction that cannot end does so again. */
export const driverError = (failure: unknown): unknown =>
  (failure as { readonly _tag?: unknown } | null)?._tag === "SqlError"
    ? driverError((failure as { readonly cause: unknown }).cause)
    : failure

/** Deadlocks and serialization failures: the statement did nothing, and may be sent again. */
export const isConflict = (failure: unknown): boolean =>
  ["40001", "40P01", "55P03"].includes(codeOf(failure))

/**
 * The server goes down, comes up, is full, or writes are refused as another one took over
 * (25006): nobody knows what became of the statement.
 */
const SERVER_AWAY: ReadonlySet<string> = new Set([
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "53200",
  "53300",
  "25006"
])
const isServerAway = (code: string): boolean => code.startsWith("08") || SERVER_AWAY.has(code)

const NETWORK: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "ENOENT"
])

/** `pg` and its pool report these with words only. */
const WORDS =
  /^(Connection terminated|timeout exceeded|timeout expired|Client has encountered a connection error)/

/** No answer came while the statement's limit passed. */
export const isUnanswered = (failure: unknown): boolean =>
  (driverError(failure) as { readonly message?: unknown } | null)?.message === "Query read timeout"

/** The connection was lost or not made: the statement may have been carried out or not. */
export const isConnectionLoss = (failure: unknown): boolean => {
  const code = codeOf(failure)
  const message = (driverError(failure) as { readonly message?: unknown } | null)?.message
  return isServerAway(code) || NETWORK.has(code) || isUnanswered(failure) ||
    (typeof message === "string" && WORDS.test(message))
}

/** The connection was not made in time: asking again at once would take as long again. */
export const isSlowConnect = (failure: unknown): boolean => {
  const message = (driverError(failure) as { readonly message?: unknown } | null)?.message
  return message === "timeout exceeded when trying to connect" ||
    message === "Connection terminated due to connection timeout" || message === "timeout expired"
}

/** The same call may succeed in a moment. */
export const isRetryable = (failure: unknown): boolean =>
  isConflict(failure) || isConnectionLoss(failure)

/**
 * The data were refused, not the statement: a batch may hold others that are welcome
 * (classes 22 data exception, 23 constraint violation, 54 limit exceeded).
 */
export const isDataError = (failure: unknown): boolean => /^(22|23|54)/.test(codeOf(failure))

export const toUnavailable = (operation: string, failure: unknown): QueueUnavailable =>
  new QueueUnavailable({ operation, retryable: isRetryable(failure), cause: driverError(failure) })
