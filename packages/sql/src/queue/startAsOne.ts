/**
 * Starts a batch in one transaction, so that a key that is taken leaves nothing of the others
 * behind; and what is debounced, which has a statement of its own.
 *
 * @since 0.1.0
 */
import type * as PgClient from "@effect/sql-pg/PgClient"
import type { Started, StartRequest } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { driverError } from "../statement/failure.ts"
import { inTransaction } from "../statement/inTransaction.ts"
import type { Row } from "../statement/Statements.ts"
import * as InstanceTable from "./InstanceTable.ts"
import { start } from "./start.ts"

/** A batch without keys never fails in part, and needs no transaction. */
export const isForOneTransaction = (batch: ReadonlyArray<StartRequest>): boolean =>
  batch.some(({ debounce, key }) =>
    debounce !== undefined || (key !== undefined && batch.length > 1)
  )

export const make = (client: PgClient.PgClient, soonMillis: number) => {
  const sql = client.withoutTransforms()
  const inside = InstanceTable.make(({ text }, values) =>
    Effect.mapError(sql.unsafe<Row>(text, values), driverError)
  )

  /** `claimId` is not used without an owner, and `wasResent` tells that an answer was lost before. */
  return (
    batch: ReadonlyArray<StartRequest>,
    claimId: string,
    wasResent: boolean
  ): Effect.Effect<ReadonlyArray<Started>, unknown> =>
    inTransaction(
      sql,
      Effect.gen(function*() {
        const started: Array<Started> = []
        const indexed = batch.map((request, nth) => ({ request, nth }))
        const plain = indexed.filter(({ request }) => request.debounce === undefined)
        const answers = yield* start({
          insert: (requests) => inside.insert(requests, { owner: undefined, claimId, soonMillis }),
          holders: inside.holders,
          wasResent: () => wasResent
        }, plain.map(({ request }) => request))
        for (const [i, { nth }] of plain.entries()) started[nth] = answers[i]!
        for (const { nth, request } of indexed) {
          if (request.debounce !== undefined) started[nth] = yield* inside.startOne(request)
        }
        return started
      })
    )
}
