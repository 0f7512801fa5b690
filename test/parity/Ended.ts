/**
 * How a run ended, and whether two runs ended alike.
 */
import { difference } from "../kit/difference.ts"

export type Ended =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown }

/** What `run` gave or threw. */
export const ended = async (run: () => unknown): Promise<Ended> => {
  try {
    return { ok: true, value: await run() }
  } catch (error) {
    return { ok: false, error }
  }
}

/** The name of what was thrown; of what is no error its type. */
export const failureOf = (end: Ended): string | undefined =>
  end.ok ? undefined : end.error instanceof Error ? end.error.name : typeof end.error

/** How the ends differ, for a program that looks at them; stacks may, they name other frames. */
export const endDifference = (plain: Ended, durable: Ended): string | undefined => {
  if (plain.ok !== durable.ok) return `plain ${show(plain)}, durable ${show(durable)}`
  if (plain.ok) return difference(plain.value, (durable as { readonly value: unknown }).value)
  return difference(
    visible(plain.error),
    visible((durable as { readonly error: unknown }).error)
  )
}

const visible = (error: unknown): unknown =>
  error instanceof Error
    ? {
      class: error.constructor.name,
      name: error.name,
      message: error.message,
      fields: { ...error },
      cause: visible(error.cause),
      errors: error instanceof AggregateError ? error.errors.map(visible) : undefined
    }
    : error

const show = (end: Ended): string => {
  try {
    return end.ok ? `gives ${JSON.stringify(end.value)}` : `throws ${String(end.error)}`
  } catch {
    return end.ok ? "gives a value" : "throws"
  }
}
