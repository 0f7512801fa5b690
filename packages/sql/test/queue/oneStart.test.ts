/**
 * A start of a single instance has a statement of its own: it leaves and answers what the one of
 * many does.
 */
import { assert, describe } from "@effect/vitest"
import { Queue, type StartRequest } from "@rappel/core/queue/Queue"
import * as InsertStatement from "@rappel/sql/queue/InsertStatement"
import * as Statements from "@rappel/sql/statement/Statements"
import * as Postgres from "@rappel/test/kit/Postgres"
import { newDispatcher, newId, requestOf } from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import type * as Session from "../session.ts"
import { staged } from "../staged.ts"
import { stored } from "../stored.ts"

const LATER = 4_000_000_000_000
const PAST = 1_763_900_000_000

const requests: Readonly<Record<string, Partial<StartRequest>>> = {
  "begins at once": {},
  "has any text": { name: "\0 \uffff \uD800 é", input: "'\\\" {},null", key: "" },
  "has a key": { key: "k" },
  "has a key that is taken": { key: "taken" },
  "waits": { delayMillis: 2_200_000_000_000 },
  "waits for a time": { dueAt: LATER },
  "waits for a time that has passed": { dueAt: PAST, delayMillis: -1 },
  "has a priority and a deadline": { priority: -9, deadlineAt: LATER },
  "has to end some time after its start": { deadlineMillis: 2_200_000_000_000 },
  "can be searched for": { tags: ["a", "\0"], memo: "{}" },
  "is a run of a schedule": { tick: { schedule: "s", at: LATER } },
  "is a run that is there": { tick: { schedule: "taken", at: LATER } },
  "is a run that waits": { tick: { schedule: "s", at: null, waits: true } }
}

type Owner = "nobody" | "a live dispatcher" | "a dead dispatcher"

/** Starts it for each kind of owner, and twice, alone or beside another: what that answers and leaves. */
const outcomeOf = (session: Session.Session, fields: Partial<StartRequest>, isAlone: boolean) =>
  Effect.gen(function*() {
    const { expire } = yield* Queue
    const insert = InsertStatement.make(yield* Statements.make())
    const answers: Array<unknown> = []
    for (
      const owner of ["nobody", "a live dispatcher", "a dead dispatcher"] as ReadonlyArray<Owner>
    ) {
      yield* Effect.promise(Postgres.cleanUrl)
      const dispatcher = yield* newDispatcher
      if (owner === "a dead dispatcher") yield* expire([{ id: dispatcher, counter: 0, place: "" }])
      const [request, beside] = [requestOf(fields), requestOf({ name: "beside" })]
      const options = {
        owner: owner === "nobody" ? undefined : dispatcher,
        claimId: newId(),
        soonMillis: 1000
      }
      const taken = { key: "taken", tick: { schedule: "taken", at: LATER } }
      yield* insert([requestOf({ ...taken }), requestOf()], { ...options, owner: undefined })

      for (const batch of [[request], [request]]) {
        const { ids, startedAt } = yield* insert(isAlone ? batch : [beside, ...batch], options)
        const isNew = ids.has(request.id)
        answers.push([owner, isNew, isNew && startedAt !== null])
      }

      const names = new Map([
        [request.id, "it"],
        [beside.id, "beside"],
        [dispatcher, owner],
        [options.claimId, "claim"]
      ])
      answers.push(yield* stored(session, names))
    }
    return answers
  })

describe("the start of a single instance", () => {
  for (const [name, fields] of Object.entries(requests)) {
    staged(`that ${name} is as one of many`, (session, url) =>
      Effect.gen(function*() {
        const among = yield* outcomeOf(session, fields, false)
        const alone = yield* outcomeOf(session, fields, true)

        assert.deepStrictEqual(alone, among)
      }).pipe(Effect.provide(Postgres.layerOf(url))))
  }
})
