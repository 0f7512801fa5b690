/**
 * Cases that need somebody else at work at the same moment.
 */
import { it } from "@effect/vitest"
import type { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Session from "./session.ts"

/** A case on an empty database, with a second session on it. */
export const staged = <A, E>(
  name: string,
  effect: (session: Session.Session, url: string) => Effect.Effect<A, E, Queue | Scope.Scope>
) =>
  it.scopedLive(name, () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.cleanUrl)
      const session = yield* Session.make(url)
      return yield* Effect.provide(effect(session, url), layerPg({ url: Redacted.make(url) }))
    }))
