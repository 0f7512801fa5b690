/**
 * The queue alone: one client starts instances that nobody owns; one dispatcher claims, loads,
 * commits an event for each, parks, claims again and closes them.
 */
import { Queue } from "@rappel/core/queue/Queue"
import type { PgPool } from "@rappel/sql/PgPool"
import {
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import { type Site, siteOf } from "./Site.ts"

const BATCH = 200

export const make = (
  warmUpMillis: number
): Effect.Effect<Site, unknown, Queue | PgPool> =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const owner = yield* newDispatcher
    const claims: Array<number> = []

    const round = Effect.gen(function*() {
      let done = 0
      yield* queue.start(Array.from({ length: BATCH }, () => requestOf()))
      for (const seq of [0, 1]) {
        const at = performance.now()
        const { claimed } = yield* queue.claim(owner, BATCH)
        claims.push(performance.now() - at)
        const loaded = yield* queue.load(owner, claimed)
        yield* queue.commit({
          id: newId(),
          dispatcher: owner,
          entries: loaded.map(({ epoch, id, lastSeq }) =>
            entryOf(id, {
              epoch,
              expectedSeq: lastSeq,
              events: [eventOf(lastSeq + 1)],
              ...(seq === 0
                ? { then: { kind: "release", dueAt: 0 } as const }
                : { outcome: { ok: true, value: "1" } as const, then: { kind: "close" } as const })
            })
          )
        })
        done += seq === 1 ? loaded.length : 0
      }
      return done
    })

    const site = yield* siteOf(warmUpMillis, (until) =>
      Effect.gen(function*() {
        let done = 0
        while (performance.now() < until) done += yield* round
        return done
      }))
    claims.length = 0
    return { ...site, claims: () => claims }
  })
