/**
 * Reads a workflow's arguments from JSON.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { BadUsage } from "../CliError.ts"

const refuse = (message: string) => new BadUsage({ kind: "BadRequest", message })

const EXAMPLE = `Write a JSON array with one element per argument, such as '["u1"]' or '[]'.`

const show = (text: string): string => text.length > 80 ? `${text.slice(0, 77)}...` : text

/** The arguments in a value that was read already. */
export const argumentsIn = (
  value: unknown
): Effect.Effect<ReadonlyArray<unknown>, BadUsage> =>
  Array.isArray(value)
    ? Effect.succeed(value)
    : refuse(`The input is ${show(JSON.stringify(value))}, which is no array. ${EXAMPLE}`)

/** The arguments in the text of `--input`. */
export const readArguments = (
  text: string
): Effect.Effect<ReadonlyArray<unknown>, BadUsage> =>
  Effect.flatMap(
    Effect.try({
      try: () => JSON.parse(text) as unknown,
      catch: (error) =>
        refuse(`The input ${show(text)} is no JSON: ${(error as Error).message}. ${EXAMPLE}`)
    }),
    argumentsIn
  )
