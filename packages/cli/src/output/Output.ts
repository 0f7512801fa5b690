/**
 * The two streams of a command: results go to stdout, everything else to stderr.
 *
 * @since 0.1.0
 */
import type { Variables } from "@rappel/worker/project/Environment"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"

/**
 * @since 0.1.0
 * @category services
 */
export class Output extends Context.Tag("@rappel/cli/output/Output")<Output, {
  /** A line of results; what scripts read. */
  readonly result: (line: string) => void
  /** A line for people. */
  readonly note: (line: string) => void
  readonly isVerbose: boolean
  /** Whether a person looks at stdout. */
  readonly isTerminal: boolean
  /** Whether it sees colors there: not with `NO_COLOR` set. */
  readonly isColored: boolean
  /**
   * From now on whatever else writes to this process's stdout (an action's `console.log`)
   * goes to stderr, so that results stand alone.
   */
  readonly claimStdout: () => void
}>() {}

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: { readonly isVerbose: boolean; readonly variables?: Variables }
): Layer.Layer<Output> =>
  Layer.sync(Output, () => {
    const write = process.stdout.write.bind(process.stdout)
    return Output.of({
      result: (line) => {
        write(`${line}\n`)
      },
      note: (line) => {
        process.stderr.write(`${line}\n`)
      },
      isVerbose: options.isVerbose,
      isTerminal: process.stdout.isTTY === true,
      isColored: process.stdout.isTTY === true && (options.variables?.["NO_COLOR"] ?? "") === "",
      claimStdout: () => {
        process.stdout.write = process.stderr.write.bind(
          process.stderr
        ) as typeof process.stdout.write
      }
    })
  })

const LEVELS: Readonly<Record<string, LogLevel.LogLevel>> = {
  all: LogLevel.All,
  trace: LogLevel.Trace,
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  warn: LogLevel.Warning,
  error: LogLevel.Error,
  fatal: LogLevel.Fatal,
  none: LogLevel.None
}

/** Log lines on stderr, from the level that the settings name. */
export const layerLogs = (
  level: string | undefined,
  usual: LogLevel.LogLevel
): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
    Logger.minimumLogLevel(LEVELS[(level ?? "").toLowerCase()] ?? usual)
  )
