/**
 * What the plain functions answer: each workflow is run by Node, without rappel, once for
 * each version and input.
 */
import { Cancelled, offer } from "@rappel/core"
import { describeError, encodeError, toPlainJson } from "@rappel/core/value/Value"
import { pathToFileURL } from "node:url"
import type { Identity } from "../Project.ts"
import { CHANNEL, signalsOf } from "../signals.ts"

/** As text, so that two can be compared and shown. */
export type Answer = string

export interface Oracle {
  readonly answer: (identity: Identity, n: number) => Promise<Answer>
}

const failure = (error: string): Answer => {
  const { message, name } = describeError(error)
  return `failed with ${name}: ${message}`
}

/** What clients cancel can come to nothing else, whatever its plain run does. */
const CANCELLED: Answer = `failed with Cancelled: ${new Cancelled("the audit").message}`

/** The outcome of an instance in the oracle's words. */
export const answerOf = (ok: boolean, outcome: string): Answer =>
  ok ? `returned ${JSON.stringify(toPlainJson(outcome))}` : failure(outcome)

type Flows = Readonly<Record<string, (n: number) => Promise<unknown>>>

export const make = (): Oracle => {
  const modules = new Map<string, Promise<Flows>>()
  const answers = new Map<string, Promise<Answer>>()

  const flowsOf = (file: string): Promise<Flows> => {
    const known = modules.get(file) ?? import(pathToFileURL(file).href) as Promise<Flows>
    modules.set(file, known)
    return known
  }
  /** A channel is one for the whole process, so who listens to it runs alone. */
  let alone: Promise<unknown> = Promise.resolve()
  const run = async (identity: Identity, n: number): Promise<Answer> => {
    if (identity.flow === "cancelled") return CANCELLED
    if (identity.flow !== "signals") return await runOne(identity, n)
    const answer = alone.then(() => {
      for (const value of signalsOf(n)) offer(CHANNEL, value)
      return runOne(identity, n)
    })
    alone = answer
    return await answer
  }
  const runOne = async ({ file, flow }: Identity, n: number): Promise<Answer> => {
    const flows = await flowsOf(file)
    try {
      return `returned ${JSON.stringify(await flows[flow]!(n))}`
    } catch (error) {
      return failure(encodeError(error))
    }
  }
  return {
    answer: (identity, n) => {
      const name = `${identity.flow} ${identity.version} ${n}`
      const known = answers.get(name) ?? run(identity, n)
      answers.set(name, known)
      return known
    }
  }
}
