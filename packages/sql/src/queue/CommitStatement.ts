/**
 * The commit: everything that a batch of instances wants stored, in one statement.
 *
 * It first locks the ownership rows that are as the batch expects them (owner, epoch, last
 * event), in the order of ids, and every other part joins the rows that it got (R1, R3).
 * Rows that somebody else has locked are passed over (R2). It is one round trip and needs
 * no transaction around it, so it works through any pooler (R24).
 *
 * The statement has the parts that the batch needs (`commit/Part.ts`); that of a single step has
 * the same ones without arrays (`statement/sentRows.ts`). It answers how many rows it got; when
 * some were not as expected, the same commit is sent again and asks what became of them
 * (`commit/fates.ts`): what it has written it knows by its id (R4).
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Row, Run, Statement } from "../statement/Statements.ts"
import { base, baseText, kept } from "./commit/basePart.ts"
import { CALL_NOTICE, calledText, calls, callsText, SETTLED, SETTLING } from "./commit/callsPart.ts"
import { ends, endsColumns, endsText, FINISHED_NOTICE, TOLD_NOTICE } from "./commit/endsPart.ts"
import { FATES, fatesAnswer } from "./commit/fates.ts"
import { kin, KIN_NOTICE, kinText } from "./commit/kinPart.ts"
import { LEAVES, leaves, leavesColumns, releasedNotice } from "./commit/leavesPart.ts"
import { argumentsOf, isOneStep, parametersOf, type Part } from "./commit/Part.ts"
import { words, wordsText } from "./commit/wordsPart.ts"
import { CHANNEL } from "./PgWakes.ts"

export interface Fates {
  /** Not as expected: owned by somebody else by now, or gone. */
  readonly lost: ReadonlySet<string>
  /** As expected, but locked by somebody else at this moment: to be sent again. */
  readonly busy: ReadonlySet<string>
  readonly now: number
}

export interface Batch {
  readonly id: string
  readonly dispatcher: string
  readonly entries: ReadonlyArray<CommitEntry>
  /** Whoever waits for a time looks again this often; no hint is needed beyond. */
  readonly soonMillis: number
}

const NONE: ReadonlySet<string> = new Set()

export const make = (run: Run) => (batch: Batch): Effect.Effect<Fates, unknown> => {
  const { entries } = batch
  const needed = PARTS.filter((part) => entries.some(part.isNeeded))
  const isOne = isOneStep(entries)
  const limitMillis = limitOf(entries)
  const values = [
    batch.id,
    batch.dispatcher,
    ...[base, ...needed].flatMap((part) => argumentsOf(part, entries, isOne)),
    ...needed.includes(leaves) ? [batch.soonMillis] : []
  ]
  const send = (asksFates: boolean): Effect.Effect<Row, unknown> =>
    Effect.map(
      run({ ...statementOf(needed, asksFates, isOne), limitMillis }, values),
      ([row]) => row!
    )
  return Effect.flatMap(send(false), (row) =>
    row["count"] === entries.length
      ? Effect.succeed({ lost: NONE, busy: NONE, now: Number(row["now"]) })
      : Effect.map(send(true), (row) => ({
        lost: idsOf(row["lost"] as string | null),
        busy: idsOf(row["busy"] as string | null),
        now: Number(row["now"])
      })))
}

const idsOf = (text: string | null): ReadonlySet<string> =>
  text === null ? NONE : new Set(text.split(","))

/** A lease: an answer that is missing for longer costs the dispatcher what it owns. */
const COMMIT_MILLIS = 5_000

/** A line that is slower than 200 characters a millisecond is of no use. */
const CHARACTERS_PER_MILLI = 200

const limitOf = (entries: ReadonlyArray<CommitEntry>): number => {
  let length = 0
  for (const { events, logs, outcome, snapshot } of entries) {
    for (const { payload } of events) length += payload?.length ?? 0
    for (const line of logs) length += line.length
    if (outcome !== null) length += outcome.ok ? outcome.value.length : outcome.error.length
    length += snapshot?.body.length ?? 0
  }
  return COMMIT_MILLIS + length / CHARACTERS_PER_MILLI
}

/** In the order of their parameters, and of their statements' names. */
const PARTS: ReadonlyArray<Part> = [ends, leaves, words, kin, calls]

/** By the bits of the parts that they hold. */
const statements = new Map<number, Statement>()

const FATES_BIT = 1 << PARTS.length

const ONE_BIT = FATES_BIT << 1

/** The statement of these parts, for a single step or for any number of entries. */
export const statementOf = (
  parts: ReadonlyArray<Part>,
  asksFates: boolean,
  isOne: boolean
): Statement => {
  let bits = (asksFates ? FATES_BIT : 0) | (isOne ? ONE_BIT : 0)
  for (const part of parts) bits |= 1 << PARTS.indexOf(part)
  let statement = statements.get(bits)
  if (statement === undefined) {
    statement = { name: `commit_${bits}`, text: textOf(parts, asksFates, isOne) }
    statements.set(bits, statement)
  }
  return statement
}

/** All that there are. */
export const allStatements = (): ReadonlyArray<Statement> =>
  Array.from(
    { length: ONE_BIT * 2 },
    (_, bits) =>
      statementOf(
        PARTS.filter((_, nth) => bits & (1 << nth)),
        (bits & FATES_BIT) !== 0,
        (bits & ONE_BIT) !== 0
      )
  )

/** After the commit's id and the dispatcher's. */
const FIRST = 3

/*
 * No table is joined: statistics that say it is empty (they do after a quiet night) would have
 * the plan read it as a whole for each row of the batch, until it is analyzed again. Rows are
 * looked up one by one (`lateral … offset 0`), found by arrays, or moved by `on conflict`, which
 * knows no other way than the primary key. Nothing is inserted by it into `due`: its row is locked.
 * Indexes: the primary keys. Locks: `due` in the order of ids, then instance, snapshot and
 * messages, which nobody else writes while the due row is locked. Children and messages are
 * inserted under ids that their sender made: nobody else inserts the same ones.
 */
const textOf = (parts: ReadonlyArray<Part>, asksFates: boolean, isOne: boolean): string => {
  const has = (part: Part): boolean => parts.includes(part)
  let next = FIRST
  const parameters = new Map([base, ...parts].map((part) => {
    const first = next
    next += part.types.length
    return [part, parametersOf(part, first, isOne)] as const
  }))
  const $ = (part: Part) => parameters.get(part)!
  const all = (part: Part) => part.types.map((_, nth) => $(part)(nth))

  const columns = {
    names: [...has(ends) ? endsColumns : [], ...has(leaves) ? leavesColumns : []],
    parameters: [ends, leaves].flatMap((part) => has(part) ? all(part) : []),
    passedOver: has(calls) ? `(${SETTLED} or ${SETTLING})` : undefined
  }

  const withs = [
    ...has(calls) ? calledText($(calls)) : [],
    ...baseText($(base), columns, isOne),
    ...has(words) ? wordsText($(words)) : [],
    ...has(calls) ? callsText($(calls)) : [],
    ...has(ends) ? endsText(isOne) : [],
    ...has(kin) ? kinText($(kin)) : [],
    ...has(leaves) ? LEAVES : [kept],
    ...asksFates ? FATES : []
  ]

  const due = [
    ...has(leaves) ? [releasedNotice(`$${next}`)] : [],
    ...has(ends) ? [TOLD_NOTICE] : [],
    ...has(kin) ? [KIN_NOTICE] : []
  ]
  const notices = [
    ...due.length === 0
      ? []
      : [`select pg_notify('${CHANNEL}', 'd')\n    where ${due.join(" or ")}`],
    ...has(ends) ? [FINISHED_NOTICE] : [],
    ...has(calls) ? [CALL_NOTICE] : []
  ]
  if (notices.length > 0) {
    withs.push(`notice as (\n    ${notices.join("\n    union all\n    ")}\n  )`)
  }

  const answers = [
    `${isOne ? "(select 1 from locked)" : "(select count(*) from locked)::integer"} as count`,
    "floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now",
    ...notices.length > 0 ? ["(select count(*) from notice) as notices"] : [],
    ...asksFates ? [fatesAnswer(has(calls) ? SETTLED : undefined)] : []
  ]
  return `
  with ${withs.join(", ")}
  select ${answers.join(",\n    ")}`
}
