/**
 * What the plain functions answer: each workflow is run by Node, without rappel, once for
 * each version and input.
 */
import { describeError, encodeError, toPlainJson } from "@rappel/core/value/Value"
import { pathToFileURL } from "node:url"
import type { Identity } from "../Project.ts"

/** As text, so that two can be compared and shown. */
export type Answer = string

export interface Oracle {
  readonly answer: (identity: Identity, n: number) => Promise<Answer>
}

const failure = (error: string): Answer => {
  const { message, name } = describeError(error)
  return `failed with ${name}: ${message}`
}

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
  const run = async ({ file, flow }: Identity, n: number): Promise<Answer> => {
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
