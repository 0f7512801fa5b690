/**
 * The commands that repair, export and replay instances, and their options.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Repair from "./commands/instancesRepair.ts"
import type { definer } from "./define.ts"

type Definer = ReturnType<typeof definer>

interface Shared {
  readonly databaseUrl: Options.Options<Option.Option<Redacted.Redacted<string>>>
  readonly json: Options.Options<boolean>
}

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const flag = (name: string, description: string) =>
  Options.boolean(name).pipe(Options.withDescription(description))

const load = <Key extends keyof typeof Repair>(key: Key) => async () => {
  const commands = await import("./commands/instancesRepair.ts")
  return { execute: commands[key] }
}

export const repairCommands = (command: Definer, { databaseUrl, json }: Shared) => {
  const id = Args.text({ name: "id" })
  const common = {
    actor: text("actor", "Who does this, for the history; the account of this machine"),
    reason: text("reason", "Why, for the history"),
    dryRun: flag("dry-run", "Only say what would be done"),
    databaseUrl,
    json
  }
  const many = {
    ids: id.pipe(Args.repeated),
    search: text("search", "Instead of ids: \"status:failed workflow:order after:1d\""),
    limit: Options.integer("limit").pipe(
      Options.withDescription("Instances of a search, newest first"),
      Options.withDefault(1000)
    ),
    yes: flag("yes", "Do it to all that a search finds"),
    ...common
  }
  const effect = Options.integer("effect").pipe(
    Options.withDescription("The effect of the call, as `instances show` numbers it")
  )
  return [
    command(
      "retry",
      "Let failed instances go on: the call that failed runs again",
      { ...many, effect: effect.pipe(Options.optional) },
      load("retry")
    ),
    command(
      "rerun",
      "Start finished instances anew: the same input, the newest program",
      many,
      load("rerun")
    ),
    command(
      "skip",
      "Let an instance go on with a value instead of the call that failed",
      {
        id,
        value: Args.text({ name: "value" }).pipe(
          Args.withDescription("JSON; null when absent"),
          Args.withDefault("null")
        ),
        effect: effect.pipe(Options.optional),
        ...common
      },
      load("skip")
    ),
    command(
      "patch",
      "Replace the outcome of any call, and let the instance go on from there",
      {
        id,
        effect,
        value: text("value", "JSON: what the call returns"),
        error: text("error", "What it throws: an Error with this message"),
        ...common
      },
      load("patch")
    ),
    command(
      "fork",
      "Make a new instance that has the history of a finished one up to an event",
      {
        id,
        at: Options.integer("at").pipe(
          Options.withDescription("The last event that both have; 0 begins anew")
        ),
        ...common
      },
      load("fork")
    ),
    command(
      "export",
      "Write an instance into one file, for `rappel replay`",
      {
        id,
        out: text("out", "The file; <id>.json when absent, - for stdout"),
        redact: flag("redact", "Without texts under names such as password and token"),
        databaseUrl,
        json
      },
      () => import("./commands/instancesExport.ts")
    )
  ] as const
}

export const replayCommand = (command: Definer, json: Shared["json"]) =>
  command(
    "replay",
    "Step an exported instance again, offline, and show its state at each event",
    {
      file: Args.text({ name: "file" }),
      until: Options.integer("until").pipe(
        Options.withDescription("Stop after this event"),
        Options.optional
      ),
      json
    },
    () => import("./commands/replay.ts")
  )
