/**
 * Reads programs that come from outside: a database, a file, another release.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Policy } from "../machine/Model.ts"
import { type Same, StatementSchema } from "./ExpressionSchema.ts"
import {
  type ActionNode,
  type ClassNode,
  FORMAT,
  type FunctionNode,
  type ModuleNode,
  type Program
} from "./Program.ts"

const { Literal, NonNegativeInt: Index, String: Text } = Schema
const flag = Schema.optionalWith(Literal(1), { exact: true })
const maybeText = Schema.optionalWith(Text, { exact: true })
const maybeIndex = Schema.optionalWith(Index, { exact: true })

const functionFields = Schema.Struct({
  n: Text,
  dn: maybeText,
  k: Literal("sync", "async", "generator", "asyncGenerator"),
  arrow: flag,
  method: flag,
  derived: flag,
  len: Index,
  size: Index,
  tdz: Schema.Array(Index),
  self: maybeIndex,
  slots: Index,
  names: Schema.Array(Text),
  heads: maybeIndex,
  body: StatementSchema,
  p: Index
})

const FunctionSchema: Schema.Schema<FunctionNode> = functionFields

const classFields = Schema.Struct({
  n: Text,
  dn: maybeText,
  m: Index,
  x: maybeText,
  ext: flag,
  ctor: maybeIndex,
  members: Schema.Array(Schema.Struct({
    kind: Literal("method", "get", "set", "field", "block"),
    st: flag,
    key: Schema.optionalWith(
      Schema.Union(
        Schema.Struct({ lit: Text }),
        Schema.Struct({ priv: Text, i: Index }),
        Schema.Struct({ ck: Index })
      ),
      { exact: true }
    ),
    f: maybeIndex
  })),
  privates: Schema.Array(Schema.Struct({ n: Text, i: Index })),
  p: Index
})

const ClassSchema: Schema.Schema<ClassNode> = classFields

const ModuleSchema: Schema.Schema<ModuleNode> = Schema.Struct({
  file: Text,
  f: Index,
  imports: Schema.Array(Index),
  exports: Schema.Record({
    key: Text,
    value: Schema.Union(Index, Schema.Struct({ m: Index, x: Text }))
  })
})

const { NonNegative } = Schema
const maybe = <A>(schema: Schema.Schema<A>) => Schema.optionalWith(schema, { exact: true })

const PolicySchema: Schema.Schema<Policy> = Schema.Struct({
  retry: maybe(Schema.Struct({
    attempts: Schema.NullOr(Schema.Positive),
    backoff: maybe(Schema.Struct({
      kind: Literal("constant", "linear", "exponential"),
      baseMillis: NonNegative,
      factor: Schema.Positive
    })),
    maxDelayMillis: maybe(NonNegative),
    jitter: maybe(NonNegative),
    retryOn: maybe(Schema.Array(Text)),
    stopOn: maybe(Schema.Array(Text)),
    judged: maybe(Schema.Boolean)
  })),
  deadlineMillis: maybe(NonNegative),
  heartbeatMillis: maybe(NonNegative),
  crashLimit: maybe(Schema.NullOr(Schema.Positive)),
  timeoutMillis: maybe(Schema.NullOr(NonNegative)),
  timeoutAttempts: maybe(Schema.NullOr(Schema.Positive)),
  transactional: maybe(Schema.Boolean),
  queue: maybe(Text),
  priority: maybe(Schema.Int),
  limit: maybe(Schema.Struct({
    name: maybe(Text),
    key: maybe(Text),
    concurrency: maybe(Schema.Positive),
    rate: maybe(Schema.Struct({ count: Schema.Positive, periodMillis: Schema.Positive }))
  }))
})

const actionFields = Schema.Struct({
  id: Text,
  params: Index,
  rest: flag,
  policy: maybe(PolicySchema),
  file: Text,
  x: Text,
  step: maybe(Schema.Struct({
    imports: Schema.Array(Schema.Struct({ n: Text, from: Text, x: Text, file: Text })),
    setup: Text,
    code: Text,
    n: Text,
    held: maybe(Literal(1, 2))
  }))
})

const ActionSchema: Schema.Schema<ActionNode> = actionFields

/**
 * @since 0.1.0
 * @category schemas
 */
export const ProgramSchema: Schema.Schema<Program> = Schema.Struct({
  format: Literal(FORMAT),
  name: Text,
  entry: Schema.Struct({ m: Index, x: Text }),
  modules: Schema.Array(ModuleSchema),
  functions: Schema.Array(FunctionSchema),
  classes: Schema.Array(ClassSchema),
  actions: Schema.Array(ActionSchema)
})

type Keys<A> = keyof A & string

/** Does not compile when a field is missing here, or is one too many. */
export const hasAllParts: readonly [
  functions: Same<Keys<typeof functionFields.Type>, Keys<FunctionNode>>,
  classes: Same<Keys<typeof classFields.Type>, Keys<ClassNode>>,
  actions: Same<Keys<typeof actionFields.Type>, Keys<ActionNode>>
] = [true, true, true]

/**
 * A program that this release cannot read.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProgramUnreadable
  extends Schema.TaggedError<ProgramUnreadable>("@rappel/core/program/ProgramUnreadable")(
    "ProgramUnreadable",
    { reason: Schema.String }
  )
{
  override get message(): string {
    return `The program cannot be read: ${this.reason}`
  }
}

const decode = Schema.decodeUnknownEither(ProgramSchema, { onExcessProperty: "error" })

/**
 * A program from parsed JSON.
 *
 * **Errors** `ProgramUnreadable` for a newer format, an unknown kind of node, or a field that
 * does not fit; it names the place.
 *
 * @since 0.1.0
 * @category encoding
 */
export const readProgram = (json: unknown): Either.Either<Program, ProgramUnreadable> => {
  const format = typeof json === "object" && json !== null && "format" in json
    ? json.format
    : undefined
  if (typeof format === "number" && format > FORMAT) {
    const reason = `it has format ${format}, this release knows ${FORMAT}; update rappel`
    return Either.left(new ProgramUnreadable({ reason }))
  }
  return Either.mapLeft(
    decode(json),
    (error) => new ProgramUnreadable({ reason: ParseResult.TreeFormatter.formatErrorSync(error) })
  )
}
