/**
 * A commit of a single step has a statement of its own: it leaves and answers what the one of
 * many entries does.
 */
import { assert, describe } from "@effect/vitest"
import { type CommitEntry, Queue } from "@rappel/core/queue/Queue"
import * as CommitStatement from "@rappel/sql/queue/CommitStatement"
import * as Statements from "@rappel/sql/statement/Statements"
import * as Postgres from "@rappel/test/kit/Postgres"
import {
  commitOf,
  entryOf,
  eventOf,
  messageOf,
  newDispatcher,
  newId,
  newOwner,
  offerOf,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import type * as Session from "../session.ts"
import { staged } from "../staged.ts"
import { stored } from "../stored.ts"

const failure = { ok: false, error: `"\\u0000 \uD800"`, attempts: 3 } as const
const NOW = 1_763_900_000_000

/** What the commit of a step brings beside its event; `id` is the instance's, `nth` makes other ids. */
const steps: Readonly<
  Record<string, (id: string, nth: (n: number) => string) => Partial<CommitEntry>>
> = {
  "keeps the instance": () => ({}),
  "takes any text": () => ({
    events: [eventOf(1, { payload: "\0 \uffff \uD800 é '\\\" {},null", at: 0.1 + 0.2, digest: 0 })]
  }),
  "has an event without a payload": () => ({ events: [eventOf(1, { payload: null })] }),
  "fixes the result and goes on": () => ({ outcome: { ok: true, value: "" } }),
  "fixes the result and closes": () => ({
    outcome: { ok: true, value: "null" },
    then: { kind: "close" }
  }),
  "fails and closes": () => ({ outcome: failure, then: { kind: "close" } }),
  "is terminated": () => ({
    outcome: { ok: false, error: "{}", verdict: "terminated" },
    then: { kind: "close" }
  }),
  "closes without a result": () => ({ then: { kind: "close" } }),
  "releases until something arrives": () => ({ then: { kind: "release", dueAt: null } }),
  "releases until a time that has passed": () => ({ then: { kind: "release", dueAt: NOW } }),
  "releases until a time": () => ({ then: { kind: "release", dueAt: 4_000_000_000_000 } }),
  "sets aside": () => ({ then: { kind: "aside", reason: "why \0" } }),
  "has a snapshot": () => ({ snapshot: { seq: 1, body: "s" } }),
  "has a snapshot and closes": () => ({
    snapshot: { seq: 1, body: "s" },
    then: { kind: "close" }
  }),
  "has a snapshot, a result and a release": () => ({
    snapshot: { seq: 1, body: "s" },
    outcome: failure,
    then: { kind: "release", dueAt: null }
  }),
  "says things": (_, nth) => ({
    logs: ["{}", "\0"],
    consumed: [nth(1)],
    replies: [{ message: nth(1), outcome: failure }],
    published: new Map([["a", "1"], ["b", "2"]])
  }),
  "starts children and sends": (_, nth) => ({
    children: [2, 3].map((effect) => ({
      id: nth(effect),
      name: "child",
      effect,
      entry: "m:0",
      input: "[]",
      seed: "seed",
      dueAt: effect === 2 ? null : 4_000_000_000_000
    })),
    sent: [messageOf(nth(9), { id: nth(4) }), messageOf(nth(9), { id: nth(5), payload: null })]
  }),
  "offers and takes back": (id) => ({
    offers: [offerOf(7), offerOf(8, { limit: { lane: "l", concurrency: 1, rate: null } })],
    withdrawn: [{ instanceId: id, effect: 6, attempt: 1 }]
  }),
  "does everything": (id, nth) => ({
    logs: ["{}"],
    consumed: [nth(1)],
    sent: [messageOf(nth(9), { id: nth(4) })],
    offers: [offerOf(7)],
    withdrawn: [{ instanceId: id, effect: 6, attempt: 1 }],
    outcome: failure,
    snapshot: { seq: 1, body: "s" },
    then: { kind: "release", dueAt: null }
  })
}

type Situation =
  | "owned"
  | "written"
  | "of another owner"
  | "ahead"
  | "locked"
  | "written and locked"
const situations: ReadonlyArray<Situation> = [
  "owned",
  "written",
  "of another owner",
  "ahead",
  "locked",
  "written and locked"
]

const send = (batch: CommitStatement.Batch) =>
  Effect.flatMap(Statements.make(), (run) => CommitStatement.make(run)(batch))

/** Commits the step in each situation, alone or beside another instance's: what that answers and leaves. */
const outcomeOf = (session: Session.Session, fieldsOf: (typeof steps)[string], isAlone: boolean) =>
  Effect.gen(function*() {
    yield* Effect.promise(Postgres.cleanUrl)
    const { deliver, start } = yield* Queue
    const other = yield* newDispatcher
    const names = new Map([[other, "other"]])
    const answers: Array<unknown> = []
    for (const situation of situations) {
      const { ids: [id, beside], owner } = yield* newOwner(2)
      const made = Array.from({ length: 10 }, newId)
      const nth = (n: number): string => made[n]!
      const commit: CommitStatement.Batch = {
        id: newId(),
        dispatcher: owner,
        entries: [
          ...isAlone ? [] : [entryOf(beside!)],
          entryOf(id!, { events: [eventOf(1)], ...fieldsOf(id!, nth) })
        ],
        soonMillis: 1000
      }
      names.set(id!, `${situation}: it`).set(owner, `${situation}: owner`)
        .set(commit.id, `${situation}: commit`).set(beside!, "beside")
      for (const [n, its] of made.entries()) names.set(its, `${situation}: made ${n}`)

      yield* start([requestOf({ id: nth(9) })])
      yield* deliver([messageOf(id!, { id: nth(1) })])
      yield* session.run(
        "update rappel.instance set parent = $2, parent_effect = 4 where id = $1",
        [id, nth(9)]
      )
      const before = { offers: [offerOf(6)], published: new Map([["a", "0"]]) }
      yield* commitOf(owner, [entryOf(id!, before), entryOf(beside!)])
      if (situation.startsWith("written")) yield* send(commit)
      if (situation === "of another owner") {
        yield* session.run("update rappel.due set owner = $2 where instance_id = $1", [id, other])
      } else if (situation === "ahead") {
        yield* session.run("update rappel.due set last_seq = 5 where instance_id = $1", [id])
      }
      const isLocked = situation.endsWith("locked")
      if (isLocked) {
        yield* session.run("begin")
        yield* session.run("select from rappel.due where instance_id = $1 for update", [id])
      }

      const { busy, lost } = yield* send(commit)

      if (isLocked) yield* session.run("commit")
      answers.push([situation, lost.has(id!), busy.has(id!), lost.size + busy.size])
    }
    return { answers, stored: yield* stored(session, names) }
  })

describe("the commit of a single step", () => {
  for (const [name, fieldsOf] of Object.entries(steps)) {
    staged(`that ${name} is as one of many`, (session, url) =>
      Effect.gen(function*() {
        const among = yield* outcomeOf(session, fieldsOf, false)
        const alone = yield* outcomeOf(session, fieldsOf, true)

        assert.deepStrictEqual(alone, among)
      }).pipe(Effect.provide(Postgres.layerOf(url))))
  }
})
