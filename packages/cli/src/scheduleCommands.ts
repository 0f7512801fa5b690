/**
 * The commands about schedules, and their options.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Schedules from "./commands/schedules.ts"
import { type definer, group } from "./define.ts"

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

export const scheduleCommands = (
  command: ReturnType<typeof definer>,
  common: {
    readonly databaseUrl: Options.Options<Option.Option<Redacted.Redacted<string>>>
    readonly json: Options.Options<boolean>
  }
) => {
  const name = Args.text({ name: "name" })
  const load = <Key extends keyof typeof Schedules>(key: Key) => async () => {
    const commands = await import("./commands/schedules.ts")
    return { execute: commands[key] }
  }
  return group("schedules", "Look at schedules and change them").pipe(Command.withSubcommands([
    command("list", "List schedules with their next and last tick", common, load("list")),
    command("show", "Show a schedule", { name, ...common }, load("show")),
    command(
      "upsert",
      "Make a schedule that starts a workflow by name, or change the one of this name",
      {
        name,
        workflow: Args.text({ name: "workflow" }),
        input: text("input", "The arguments as a JSON array; [] when absent"),
        cron: text("cron", "Five fields, or six with seconds first: \"0 3 * * 1-5\""),
        timeZone: text("time-zone", "The IANA zone of --cron; UTC when absent"),
        every: text("every", "An interval instead of --cron: 15m, 1h, 1d"),
        overlap: Options.choice("overlap", ["skip", "queue", "allow", "replace"]).pipe(
          Options.withDescription("While an earlier run has not finished; skip when absent"),
          Options.optional
        ),
        jitter: text("jitter", "Runs begin up to this long after their tick"),
        catchUp: text("catch-up", "Missed ticks are made up for within this time; 1h when absent"),
        deadline: text("deadline", "Runs are cancelled when they take longer"),
        ...common
      },
      load("upsert")
    ),
    command("pause", "Fire no more until resumed", { name, ...common }, load("pause")),
    command("resume", "Fire again from the next tick on", { name, ...common }, load("resume")),
    command("trigger", "Start a run now", { name, ...common }, load("trigger")),
    command(
      "backfill",
      "Start the runs of past ticks that have none",
      {
        name,
        from: Options.text("from").pipe(
          Options.withDescription("A time such as 2027-03-01T00:00Z")
        ),
        to: Options.text("to").pipe(Options.withDescription("A time; included")),
        ...common
      },
      load("backfill")
    ),
    command("delete", "End a schedule; its runs go on", { name, ...common }, load("remove"))
  ]))
}
