/**
 * Where and with which settings a command was called.
 *
 * @since 0.1.0
 */
import { type Settings, settingsOf, type Variables } from "@rappel/worker/project/Environment"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Readable } from "node:stream"

/**
 * @since 0.1.0
 * @category services
 */
export class Invocation extends Context.Tag("@rappel/cli/Invocation")<Invocation, {
  /** Absolute; paths of the user begin here. */
  readonly folder: string
  /** The variables of the process and its `.env`. */
  readonly variables: Variables
  readonly stdin: Readable
}>() {}

/** The file `-` of the command line, as commands get it. */
export const STDIN = "<stdin>"

/** The settings of this call; read by the commands that need them, so that help always works. */
export const settings: Effect.Effect<Settings, unknown, Invocation> = Effect.flatMap(
  Invocation,
  ({ variables }) => Effect.try({ try: () => settingsOf(variables), catch: (error) => error })
)
