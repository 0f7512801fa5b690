/**
 * The commands of `rappel` and their options. Start reading here: each command names the
 * module that does its work.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { Variables } from "@rappel/worker/project/Environment"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type { Readable } from "node:stream"
import type { Shape } from "./bench/Workload.ts"
import { ExitCode } from "./CliError.ts"
import { definer, group, type Outcome } from "./define.ts"
import { Invocation, STDIN } from "./Invocation.ts"
import * as Output from "./output/Output.ts"
import { repairCommands, replayCommand } from "./repairCommands.ts"
import { scheduleCommands } from "./scheduleCommands.ts"

const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

const count = (name: string, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap(
      (value) => value >= 1 ? Option.some(value) : Option.none(),
      `--${name} takes a whole number from 1`
    ),
    Options.optional
  )

const flag = (name: string, description: string) =>
  Options.boolean(name).pipe(Options.withDescription(description))

const countOr = (name: string, value: number, description: string) =>
  count(name, description).pipe(Options.map(Option.getOrElse(() => value)))

const databaseUrl = Options.redacted("database-url").pipe(
  Options.withDescription("The Postgres to use; DATABASE_URL when absent, else one is started"),
  Options.optional
)
const json = flag("json", "Print one JSON document per line")
const strict = flag("strict", "Refuse implicit steps: packages that a workflow uses by itself")
const workers = count("workers", "Worker processes; RAPPEL_WORKER_COUNT, else the number of CPUs")
const concurrency = count(
  "concurrency",
  "Actions at the same time per worker; RAPPEL_CONCURRENT_PER_WORKER, else 10"
)

/** Named here, so that help loads no benchmark. */
const SHAPES: ReadonlyArray<Shape> = ["chain", "fan-out", "loop", "latency"]

/** The whole command line; what runs leaves its exit code in `outcome`. */
export const rappel = (outcome: Outcome) => {
  const command = definer(outcome)
  const file = Args.text({ name: "file" })
  const exportName = Args.text({ name: "export" })

  const run = command(
    "run",
    "Compile, start and await one workflow; with - as file, one request per line of stdin",
    {
      file: file.pipe(Args.withDescription("The file of the workflow, or - for requests on stdin")),
      exportName: exportName.pipe(Args.optional),
      input: text("input", "The arguments as a JSON array; [] when absent"),
      json: flag("json", "Print one line of JSON with status, id and result or error"),
      inline: flag("inline", "Run actions in this process instead of worker processes"),
      memory: flag("memory", "Keep everything in memory instead of in Postgres"),
      strict,
      databaseUrl,
      workers,
      concurrency
    },
    () => import("./commands/run.ts")
  )
  const check = command(
    "check",
    "Compile workflows and print what the compiler finds",
    {
      files: Args.text({ name: "files" }).pipe(Args.repeated),
      json,
      strict,
      watch: flag("watch", "Stay, and check again what a change of a file concerns")
    },
    () => import("./commands/check.ts"),
    true
  )
  const build = command(
    "build",
    "Write the programs, the manifest and the generated module of this project",
    { out: text("out", "The generated module; .rappel/generated.ts when absent"), strict },
    () => import("./commands/build.ts")
  )
  const visualize = command(
    "visualize",
    "Draw the program of a workflow",
    {
      file,
      exportName,
      format: Options.choice("format", ["terminal", "mermaid", "dot"]).pipe(
        Options.withDefault("terminal" as const)
      )
    },
    () => import("./commands/visualize.ts")
  )
  const dev = command(
    "dev",
    "Run this project's workflows on its embedded Postgres, and reload what changes",
    { workers, concurrency },
    () => import("./commands/dev.ts"),
    true
  )
  const startWorkers = command(
    "start-workers",
    "Run a dispatcher and its worker processes until SIGTERM: the process of production",
    {
      databaseUrl,
      workers,
      concurrency,
      userModule: text("user-module", "Modules that workers load first; RAPPEL_USER_MODULE")
    },
    () => import("./commands/startWorkers.ts"),
    true
  )
  const migrate = command(
    "migrate",
    "Bring the database's schema up to date",
    { databaseUrl, json },
    () => import("./commands/migrate.ts")
  )
  const doctor = command(
    "doctor",
    "Find instances that nobody moves, and settings that endanger them",
    { databaseUrl, json },
    () => import("./commands/doctor.ts")
  )
  const deploy = command(
    "deploy",
    "Make what was built the programs that starts by name use",
    { databaseUrl, json },
    () => import("./commands/deploy.ts")
  )
  const deployCheck = command(
    "deploy-check",
    "Compare this project's actions with the instances that are live",
    {
      limit: Options.integer("limit").pipe(
        Options.withDescription("Instances to look at, the newest of each status"),
        Options.withDefault(10_000)
      ),
      databaseUrl,
      json
    },
    () => import("./commands/deployCheck.ts")
  )
  const list = command(
    "list",
    "List instances, newest first",
    {
      workflow: text("workflow", "Only instances of this workflow"),
      status: Options.choice("status", [
        "waiting",
        "running",
        "completed",
        "failed",
        "cancelled",
        "terminated",
        "aside"
      ]).pipe(
        Options.optional
      ),
      search: text(
        "search",
        "For example: status:failed (tag:vip OR after:1h) \"card declined\""
      ),
      limit: Options.integer("limit").pipe(Options.withDefault(50)),
      databaseUrl,
      json
    },
    () => import("./commands/instancesList.ts")
  )
  const show = command(
    "show",
    "Show an instance: its input, outcome and events",
    {
      id: Args.text({ name: "id" }),
      state: flag("state", "The line where it stands, its variables, and what it waits for"),
      databaseUrl,
      json
    },
    () => import("./commands/instancesShow.ts")
  )
  const resume = command(
    "resume",
    "Let instances go on that were set aside",
    { ids: Args.text({ name: "id" }).pipe(Args.atLeast(1)), databaseUrl, json },
    () => import("./commands/instancesResume.ts")
  )
  const ids = Args.text({ name: "id" }).pipe(Args.atLeast(1))
  const reason = text("reason", "What the workflow and whoever awaits it are told")
  const cancel = command(
    "cancel",
    "Cancel instances: what they wait for is rejected, and their cleaning up runs durably",
    { ids, reason, databaseUrl, json },
    () => import("./commands/instancesMessage.ts").then(({ cancel }) => ({ execute: cancel }))
  )
  const terminate = command(
    "terminate",
    "End instances, also those set aside, without running their code any further",
    { ids, reason, databaseUrl, json },
    () => import("./commands/instancesMessage.ts").then(({ terminate }) => ({ execute: terminate }))
  )
  const signal = command(
    "signal",
    "Tell an instance a value on one of its channels",
    {
      id: Args.text({ name: "id" }),
      channel: Args.text({ name: "channel" }),
      value: Args.text({ name: "value" }).pipe(
        Args.withDescription("JSON; null when absent"),
        Args.withDefault("null")
      ),
      databaseUrl,
      json
    },
    () => import("./commands/instancesMessage.ts").then(({ signal }) => ({ execute: signal }))
  )
  const instances = group("instances", "Look at instances, and repair them").pipe(
    Command.withSubcommands([
      list,
      show,
      resume,
      cancel,
      terminate,
      signal,
      ...repairCommands(command, { databaseUrl, json })
    ])
  )
  const retentionOf = (action: "show" | "run", what: string) =>
    command(
      action,
      what,
      { databaseUrl, json },
      () =>
        import("./commands/retention.ts").then(({ execute }) => ({
          execute: (input: Omit<Parameters<typeof execute>[0], "action">) =>
            execute({ ...input, action })
        }))
    )
  const retention = group("retention", "How long finished instances are kept").pipe(
    Command.withSubcommands([
      retentionOf("show", "Show how long finished instances are kept, by workflow"),
      retentionOf("run", "Remove now what is over")
    ])
  )
  const schedules = scheduleCommands(command, { databaseUrl, json })
  const queues = group("queues", "Queues of calls, and their limits").pipe(
    Command.withSubcommands([
      command(
        "list",
        "List queues: what waits, what runs, who serves them",
        { databaseUrl, json },
        () => import("./commands/queues.ts").then(({ list }) => ({ execute: list }))
      ),
      command(
        "limit",
        "Set the limits of a queue; what is not named has none from now on",
        {
          name: Args.text({ name: "queue" }),
          concurrency: Options.integer("concurrency").pipe(
            Options.withDescription("Calls at the same time, over all hosts"),
            Options.optional
          ),
          rate: text("rate", "Starts within a time, over all hosts: 10/1s"),
          pause: flag("pause", "Let its calls wait until the next `queues limit` without this"),
          databaseUrl,
          json
        },
        () => import("./commands/queues.ts").then(({ limit }) => ({ execute: limit }))
      )
    ])
  )
  return group("rappel", "Durable workflows as plain async functions").pipe(
    Command.withSubcommands([
      run,
      check,
      build,
      visualize,
      dev,
      startWorkers,
      migrate,
      doctor,
      deploy,
      deployCheck,
      replayCommand(command, json),
      instances,
      queues,
      retention,
      schedules,
      ...benchCommands(command)
    ])
  )
}

const benchCommands = (command: ReturnType<typeof definer>) => {
  const measuring = {
    concurrency: countOr("concurrency", 64, "Actions at the same time per worker; 64"),
    workers: countOr("workers", 4, "Worker processes; 4"),
    logInterval: countOr("log-interval", 15, "Seconds between two live lines; 15"),
    inline: flag("inline", "Run actions in this process instead of worker processes"),
    databaseUrl,
    json
  }
  const bench = command(
    "bench",
    "Measure actions: handed out, executed in workers, recorded, without much workflow",
    {
      messages: countOr("messages", 100_000, "Actions to run; 100000"),
      payload: countOr("payload", 1024, "Characters into and out of each; 1024"),
      ...measuring
    },
    () => import("./commands/bench.ts").then(({ bench }) => ({ execute: bench }))
  )
  const benchInstances = command(
    "bench-instances",
    "Measure workflows from their start to their result",
    {
      instances: countOr("instances", 200, "Instances to run; 200"),
      batchSize: countOr("batch-size", 4, "Instances in one start; 4"),
      inFlight: count("in-flight", "Started and not finished, at most; 1000"),
      payloadSize: countOr("payload-size", 1024, "Characters into and out of each step; 1024"),
      steps: countOr("steps", 3, "Steps of each instance; 3"),
      shape: Options.choice("shape", SHAPES).pipe(
        Options.withDescription(
          "Steps one after another or at the same time; loop and latency run one at a time"
        ),
        Options.withDefault("chain" as const)
      ),
      ...measuring
    },
    () => import("./commands/bench.ts").then(({ benchInstances }) => ({ execute: benchInstances }))
  )
  const benchReport = command(
    "bench-report",
    "Summarise what benchmarks wrote, from files or stdin",
    { files: Args.text({ name: "files" }).pipe(Args.repeated), json },
    () => import("./commands/benchReport.ts")
  )
  return [bench, benchInstances, benchReport] as const
}

/** The parser takes a lone dash for an option, and with it all that follows. */
const withoutDash = (argument: string): string => argument === "-" ? STDIN : argument

/** What the outermost edge knows of its process. */
export interface Edge {
  /** As in `process.argv`: two entries before the arguments. */
  readonly argv: ReadonlyArray<string>
  readonly folder: string
  readonly variables: Variables
  readonly stdin: Readable
  readonly version: string
}

/**
 * Runs the command that the arguments name; `outcome` then holds what the process should
 * end with, also when it was interrupted.
 *
 * @since 0.1.0
 * @category running
 */
export const main = (edge: Edge, outcome: Outcome): Effect.Effect<void> => {
  const isVerbose = edge.argv.includes("--verbose")
  const cli = Command.run(rappel(outcome), { name: "rappel", version: edge.version })
  return cli(edge.argv.map(withoutDash)).pipe(
    Effect.catchIf(ValidationError.isValidationError, () =>
      // Its message stands on stderr already.
      Effect.sync(() => {
        outcome.exitCode = ExitCode.usage
      })),
    Effect.orDie,
    Effect.provide(Layer.mergeAll(
      NodeContext.layer,
      CliConfig.layer({ showBuiltIns: false }),
      Layer.succeed(Invocation, edge),
      Output.layer({ isVerbose, variables: edge.variables }),
      Output.layerLogs(
        isVerbose ? "debug" : edge.variables["RAPPEL_LOG_LEVEL"],
        LogLevel.Warning
      )
    ))
  )
}
