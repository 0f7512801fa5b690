/**
 * `rappel run -`: one request per line of stdin, one answer per line of stdout, in order.
 *
 * Requests run at the same time; an answer waits for those before it. A request that cannot
 * be read, found or compiled gets its line like any other.
 *
 * @since 0.1.0
 */
import { findProject } from "@rappel/worker/project/ProjectFiles"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { dirname, parse } from "node:path"
import { createInterface } from "node:readline"
import { BadUsage, ExitCode } from "../CliError.ts"
import { compileWorkflow, sourceFileOf } from "../compileWorkflow.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { type Answer, answerOf, refusalOf } from "../runtime/Answer.ts"
import type { Session } from "../runtime/Session.ts"
import { argumentsIn } from "./readArguments.ts"

interface Request {
  readonly file: string
  readonly export: string
  readonly input: unknown
}

/** Requests that run at the same time; each holds its answer until those before are written. */
const CONCURRENCY = 256

const refuse = (message: string) => new BadUsage({ kind: "BadRequest", message })

const SHAPE =
  `Write one JSON object a line: {"file":"src/greeting.ts","export":"greeting","input":["u1"]}`

const readRequest = (line: string): Effect.Effect<Request, BadUsage> =>
  Effect.gen(function*() {
    const value = yield* Effect.try({
      try: () => JSON.parse(line) as unknown,
      catch: (error) => refuse(`The line is no JSON: ${(error as Error).message}. ${SHAPE}`)
    })
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return yield* refuse(`The line is no object. ${SHAPE}`)
    }
    const { export: exportName, file, input = [] } = value as Record<string, unknown>
    if (typeof file !== "string" || file === "") {
      return yield* refuse(`\`file\` is not the path of a file. ${SHAPE}`)
    }
    if (typeof exportName !== "string" || exportName === "") {
      return yield* refuse(`\`export\` is not the name of an export. ${SHAPE}`)
    }
    return { file, export: exportName, input }
  })

/**
 * The folder that a file's program is relative to. Files outside of every project share
 * one, as each root costs worker processes of its own.
 */
const rootOf = (file: string): string => findProject(dirname(file)) ?? parse(file).root

const answer = (
  session: Session,
  folder: string,
  line: string,
  isStrict: boolean
): Effect.Effect<Answer> =>
  Effect.gen(function*() {
    const request = yield* readRequest(line)
    const args = yield* argumentsIn(request.input)
    const file = yield* sourceFileOf(folder, request.file)
    const { program, projectRoot } = yield* compileWorkflow(file, request.export, {
      projectRoot: rootOf(file),
      strict: isStrict
    })
    const client = yield* session.clientOf(projectRoot)
    const id = yield* client.start({ kind: "program", file: program }, args)
    return answerOf(yield* client.finished(id))
  }).pipe(
    Effect.sandbox,
    Effect.catchAll((cause) => Effect.succeed(refusalOf(Cause.squash(cause))))
  )

/** Answers until stdin ends; exit 0 when all were answered, whatever the answers say. */
export const answerRequests = (
  session: Session,
  isStrict: boolean
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder, stdin } = yield* Invocation
    const output = yield* Output
    yield* session.ready
    const lines = createInterface({ input: stdin, crlfDelay: Infinity })
    yield* Stream.fromAsyncIterable(lines, (error) => error).pipe(
      Stream.filter((line) => line.trim() !== ""),
      Stream.mapEffect((line) => answer(session, folder, line, isStrict), {
        concurrency: CONCURRENCY
      }),
      Stream.runForEach((one) => Effect.sync(() => output.result(JSON.stringify(one))))
    )
    return ExitCode.done
  })
