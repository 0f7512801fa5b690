/**
 * What became of a request, as the one line of JSON that scripts read.
 *
 * @since 0.1.0
 */
import { CompileFailed, WorkflowFailure } from "@rappel/core/client/ClientError"
import type { InstanceRecord } from "@rappel/core/queue/Queue"
import { describeError, toPlainJson } from "@rappel/core/value/Value"
import { BadUsage, messageOf } from "../CliError.ts"

export type Answer =
  | { readonly status: "completed"; readonly id: string; readonly result: unknown }
  | {
    readonly status: "failed"
    readonly id: string | null
    readonly error: { readonly name: string; readonly message: string }
  }

/** The answer for an instance that has ended; values as `JSON.stringify` shows them. */
export const answerOf = ({ id, outcome }: InstanceRecord): Answer =>
  outcome!.ok
    ? { status: "completed", id, result: toPlainJson(outcome!.value) }
    : { status: "failed", id, error: describeError(outcome!.error) }

/** The answer for a request that never became an instance. */
export const refusalOf = (error: unknown): Answer => {
  const refused = (name: string, more: object = {}): Answer => ({
    status: "failed",
    id: null,
    error: { name, message: messageOf(error), ...more }
  })
  if (error instanceof BadUsage) return refused(error.kind)
  if (error instanceof CompileFailed) {
    return refused("CompileFailed", { message: summaryOf(error), findings: error.findings })
  }
  if (error instanceof WorkflowFailure) {
    return { status: "failed", id: error.instanceId, error: describeError(error.encoded) }
  }
  return refused(error instanceof Error ? error.name : "Error")
}

const summaryOf = ({ file, findings, workflow }: CompileFailed): string => {
  const first = findings.find(({ severity }) => severity === "error")
  const where = first === undefined
    ? ""
    : `: ${first.message} (line ${first.line}, column ${first.column})`
  return `Workflow ${workflow} in ${file} does not compile${where}`
}
