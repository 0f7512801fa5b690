/**
 * Holds the arguments, results and errors of an action to the schemas that it declares.
 *
 * A value may arrive as the schema's type or in its encoded form (plain JSON, which is
 * what other languages and the command line send); either way the action sees the type.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

export type AnySchema = Schema.Schema<any, any, never>

/** One schema for an action of one argument, or one per argument. */
export type InputSchema = AnySchema | ReadonlyArray<AnySchema>

export interface ActionSchemas {
  readonly input?: InputSchema
  readonly output?: AnySchema
  readonly error?: AnySchema
}

/** A value that crosses an action's border does not fit the schema declared there. */
export class ActionSchemaMismatch extends Error {
  override readonly name = "ActionSchemaMismatch"
  readonly action: string
  constructor(action: string, what: string, issue: string) {
    super(`${what} of action ${action} does not fit its schema: ${issue}`)
    this.action = action
  }
}

const typed = (schema: AnySchema, value: unknown): Either.Either<unknown, ParseResult.ParseError> =>
  Schema.is(schema)(value)
    ? Either.right(value)
    : Schema.decodeUnknownEither(schema)(value)

const accept = (action: string, what: string, schema: AnySchema, value: unknown): unknown =>
  Either.getOrThrowWith(
    typed(schema, value),
    (error) =>
      new ActionSchemaMismatch(action, what, ParseResult.TreeFormatter.formatErrorSync(error))
  )

/** The arguments as the action's function gets them; those without a schema pass. */
export const acceptInput = (
  action: string,
  { input }: ActionSchemas,
  args: ReadonlyArray<unknown>
): ReadonlyArray<unknown> => {
  if (input === undefined) return args
  const schemas = Array.isArray(input) ? input as ReadonlyArray<AnySchema> : [input as AnySchema]
  const accepted = schemas.map((schema, i) => accept(action, `Argument ${i + 1}`, schema, args[i]))
  return accepted.concat(args.slice(schemas.length))
}

/** The result as the workflow gets it. */
export const acceptOutput = (action: string, { output }: ActionSchemas, value: unknown): unknown =>
  output === undefined ? value : accept(action, "The result", output, value)

/** What was thrown, as the declared error where it fits; anything else passes as it is. */
export const acceptError = ({ error }: ActionSchemas, thrown: unknown): unknown =>
  error === undefined ? thrown : Either.getOrElse(typed(error, thrown), () => thrown)
