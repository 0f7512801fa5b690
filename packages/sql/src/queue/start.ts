/**
 * Starts a batch: insert, then look in a second statement at what stood in the way, and
 * again while that is gone (R22). `insert … on conflict do nothing` and a select in one
 * statement would see nothing of a holder whose transaction has just been committed.
 *
 * @since 0.1.0
 */
import { isAtOnce } from "@rappel/core/queue/isAtOnce"
import type { Started, StartRequest } from "@rappel/core/queue/Queue"
import { KeyTaken } from "@rappel/core/queue/QueueError"
import * as Effect from "effect/Effect"
import type { Inserted } from "./InsertStatement.ts"
import type { Holder } from "./InstanceTable.ts"

export interface StartParts {
  readonly insert: (
    batch: ReadonlyArray<StartRequest>
  ) => Effect.Effect<Inserted, unknown>
  readonly holders: (
    batch: ReadonlyArray<StartRequest>
  ) => Effect.Effect<ReadonlyArray<Holder | undefined>, unknown>
  /** Whether an insert of this call was sent again, so that an id may be there by its own doing. */
  readonly wasResent: () => boolean
}

export const start = (
  { holders, insert, wasResent }: StartParts,
  batch: ReadonlyArray<StartRequest>
): Effect.Effect<ReadonlyArray<Started>, unknown> =>
  Effect.gen(function*() {
    const started: Array<Started> = []
    let open = batch.map((request, nth) => ({ request, nth }))
    while (open.length > 0) {
      const { ids, startedAt } = yield* insert(open.map(({ request }) => request))
      const inserted = new Set(ids)
      const hindered = open.filter(({ nth, request }) => {
        // Of two requests with one id, the first was inserted.
        const isNew = inserted.delete(request.id)
        if (isNew) {
          started[nth] = {
            id: request.id,
            created: true,
            ...(startedAt !== null && isAtOnce(request) ? { startedAt } : {})
          }
        }
        return !isNew
      })
      if (hindered.length === 0) break
      const found = yield* holders(hindered.map(({ request }) => request))
      for (const [i, { nth, request }] of hindered.entries()) {
        const holder = found[i]
        if (holder === undefined) continue
        if (!holder.sameInput) {
          const { key, name } = request
          return yield* Effect.fail(new KeyTaken({ name, key: key!, instanceId: holder.id }))
        }
        started[nth] = { id: holder.id, created: holder.has === "id" && wasResent() }
      }
      open = hindered.filter((_, i) => found[i] === undefined)
    }
    return started
  })
