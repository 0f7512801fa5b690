/**
 * A request as the arguments of `rappel.start_one`, which starts it alone: in a transaction of
 * the caller's own, or debounced.
 *
 * @since 0.1.0
 */
import type { StartRequest } from "@rappel/core/queue/Queue"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"

/** What few requests have, as one column of JSON: null for most. Times are milliseconds. */
export const termsOf = (request: StartRequest): string | null => {
  const { deadlineAt, deadlineMillis, dueAt, memo, priority, tags, tick } = request
  if (
    (deadlineAt ?? deadlineMillis ?? dueAt ?? memo ?? priority ?? tags ?? tick) === undefined
  ) return null
  return JSON.stringify({
    dueAt,
    priority,
    deadlineMillis,
    deadlineAt,
    tags: tags?.map(toStorable),
    memo: memo === undefined ? undefined : toStorable(memo),
    tick: tick === undefined ? undefined : {
      schedule: toStorable(tick.schedule),
      at: tick.at,
      waits: tick.waits === true ? true : undefined
    }
  })
}

/** `rappel.start_one` for a request, and the order of its arguments. */
export const START_ONE = `
  select id, created, same_input as same
  from rappel.start_one($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8)`

export const startOneValues = (
  request: StartRequest,
  notify = false
): ReadonlyArray<string | boolean | null> => [
  request.id,
  toStorable(request.name),
  request.program,
  toStorable(request.input),
  request.seed,
  toStorableOrNull(request.key ?? null),
  JSON.stringify({
    ...JSON.parse(termsOf(request) ?? "{}"),
    delayMillis: request.delayMillis,
    debounce: request.debounce === undefined
      ? undefined
      : { ...request.debounce, key: toStorable(request.debounce.key) }
  }),
  notify
]
