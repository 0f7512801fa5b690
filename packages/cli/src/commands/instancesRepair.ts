/**
 * `rappel instances retry`, `skip`, `patch`, `fork` and `rerun`: failed instances go on, or new
 * ones are made of finished ones.
 *
 * @since 0.1.0
 */
import type { RappelClient } from "@rappel/core/client/RappelClient"
import type { Repaired, RepairOptions } from "@rappel/core/repair/Repaired"
import { parseSearch } from "@rappel/core/search/parseSearch"
import type { SearchNotReadable } from "@rappel/core/search/Search"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { userInfo } from "node:os"
import { BadUsage, ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { withClient } from "../runtime/reader.ts"

export interface Common {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
  readonly actor: Option.Option<string>
  readonly reason: Option.Option<string>
  readonly dryRun: boolean
}

/** Instances by their ids, or by a search. */
export interface ManyInput extends Common {
  readonly ids: ReadonlyArray<string>
  readonly search: Option.Option<string>
  readonly limit: number
  readonly yes: boolean
  /** Of a retry. */
  readonly effect?: Option.Option<number>
}

export interface SkipInput extends Common {
  readonly id: string
  readonly value: string
  readonly effect: Option.Option<number>
}

export interface PatchInput extends Common {
  readonly id: string
  readonly effect: number
  readonly value: Option.Option<string>
  readonly error: Option.Option<string>
}

export interface ForkInput extends Common {
  readonly id: string
  readonly at: number
}

type Client = RappelClient["Type"]

/** What became of one instance; `message` says why it was refused. */
type Result = { readonly id: string; readonly done?: Repaired; readonly message?: string }

/** Who does it, for the history: the account of whoever sits at this machine. */
const account = (): string | undefined => {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

const optionsOf = ({ actor, dryRun, reason }: Common): RepairOptions => {
  const who = Option.getOrUndefined(actor) ?? account()
  return {
    dryRun,
    ...(who === undefined ? {} : { actor: who }),
    ...(Option.isNone(reason) ? {} : { reason: reason.value })
  }
}

const parsed = (what: string, text: string) =>
  Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: (cause) =>
      new BadUsage({
        kind: "BadRequest",
        message: `${what} is JSON, and this is not: ${
          cause instanceof Error ? cause.message : String(cause)
        }`
      })
  })

/** A refusal or an unknown id is an answer about this instance: the others are tried all the same. */
const tried = (id: string, effect: Effect.Effect<Repaired, any>): Effect.Effect<Result, unknown> =>
  Effect.matchEffect(effect, {
    onSuccess: (done) => Effect.succeed({ id, done }),
    onFailure: (error: { readonly _tag?: string; readonly message: string }) =>
      error._tag === "RepairRefused" || error._tag === "InstanceNotFound"
        ? Effect.succeed({ id, message: error.message })
        : Effect.fail(error)
  })

const DONE = {
  retry: "is retried",
  skip: "goes on with this value",
  patch: "goes on with this outcome",
  fork: "was forked",
  rerun: "runs again"
} as const

const sentence = ({ children, effect, from, id, into, verb, what }: Repaired, isDry: boolean) =>
  [
    `${id} ${isDry ? `could be taken: ${verb}` : DONE[verb]}`,
    what === null ? "" : ` at effect ${effect} (${what})`,
    from === null ? "" : `, event ${from} and what followed ${isDry ? "becomes" : "is"} void`,
    into === null ? "" : ` as ${into}`,
    children.length === 0 ? "" : `, with ${children.length} of its children`
  ].join("")

const tell = (results: ReadonlyArray<Result>, input: Common) =>
  Effect.map(Output, ({ note, result }) => {
    for (const { done, id, message } of results) {
      if (input.json) {
        result(JSON.stringify({
          ...(done ?? { id }),
          done: done !== undefined && !input.dryRun,
          ...(message === undefined ? {} : { message })
        }))
      } else if (done !== undefined) result(sentence(done, input.dryRun))
      else note(message!)
    }
    return results.every(({ done }) => done !== undefined) ? ExitCode.done : ExitCode.usage
  })

const found = (client: Client, { ids, limit, search }: ManyInput) =>
  Option.match(search, {
    onNone: () => Effect.succeed(ids),
    onSome: (text) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const parsedSearch = yield* Effect.try({
          try: () => parseSearch(text, now),
          catch: (error) => error as SearchNotReadable
        })
        if (parsedSearch === undefined) {
          return yield* new BadUsage({ kind: "BadRequest", message: "--search is empty" })
        }
        const records = yield* client.list({ search: parsedSearch, limit })
        return records.map(({ id }) => id)
      })
  })

const many = (verb: "retry" | "rerun") => (input: ManyInput) =>
  Effect.gen(function*() {
    const { note } = yield* Output
    if (Option.isSome(input.search) === input.ids.length > 0) {
      return yield* new BadUsage({
        kind: "BadRequest",
        message: "Name instances by their ids, or by --search \"status:failed workflow:order\""
      })
    }
    const isAsked = Option.isSome(input.search) && !input.yes && !input.dryRun
    const effect = input.effect !== undefined && Option.isSome(input.effect)
      ? { effect: input.effect.value }
      : {}
    const shown = isAsked ? { ...input, dryRun: true } : input
    const results = yield* withClient(input, (client) =>
      Effect.gen(function*() {
        const ids = yield* found(client, input)
        if (Option.isSome(input.search)) {
          note(
            `${ids.length} ${ids.length === 1 ? "instance is" : "instances are"} found` +
              (ids.length === input.limit ? ", and there may be more: --limit is reached" : "")
          )
        }
        return yield* Effect.forEach(
          ids,
          (id) => tried(id, client.repairs[verb](id, { ...optionsOf(shown), ...effect }))
        )
      }))
    const code = yield* tell(results, shown)
    if (isAsked) {
      note("Nothing was done yet: add --yes")
    }
    return code
  })

export const retry: (
  input: ManyInput
) => Effect.Effect<ExitCode, unknown, Invocation | Output> = many("retry")

export const rerun: (
  input: ManyInput
) => Effect.Effect<ExitCode, unknown, Invocation | Output> = many("rerun")

const one = (
  input: Common & { readonly id: string },
  use: (client: Client) => Effect.Effect<Repaired, any>
) =>
  Effect.flatMap(
    withClient(input, (client) => tried(input.id, use(client))),
    (result) => tell([result], input)
  )

export const skip = (
  input: SkipInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const value = yield* parsed("The value of a call", input.value)
    const effect = Option.isSome(input.effect) ? { effect: input.effect.value } : {}
    return yield* one(
      input,
      ({ repairs }) => repairs.skip(input.id, value, { ...optionsOf(input), ...effect })
    )
  })

export const patch = (
  input: PatchInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    if (Option.isSome(input.value) === Option.isSome(input.error)) {
      return yield* new BadUsage({
        kind: "BadRequest",
        message: "Give --value '<json>', or --error 'a message'"
      })
    }
    const outcome = Option.isSome(input.error)
      ? { error: new Error(input.error.value) }
      : { value: yield* parsed("--value", Option.getOrThrow(input.value)) }
    return yield* one(
      input,
      ({ repairs }) => repairs.patch(input.id, input.effect, outcome, optionsOf(input))
    )
  })

export const fork = (
  input: ForkInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  one(input, ({ repairs }) => repairs.fork(input.id, { ...optionsOf(input), at: input.at }))
