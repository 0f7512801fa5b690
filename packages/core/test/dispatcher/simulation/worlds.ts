/**
 * What the simulated instances run: programs, their inputs, the messages that are sent to them,
 * and the outcomes that are right whatever happens to the hosts.
 */
import { compileSource } from "../../../../../test/kit/oracle.ts"
import { load } from "../../../src/machine/Machine.ts"
import type { Machine, Outcome } from "../../../src/machine/Model.ts"
import type { ProgramFile } from "../../../src/program/Program.ts"
import { describeError, encodeError, encodeValue, toPlainJson } from "../../../src/value/Value.ts"
import type { CallRequest } from "../../../src/worker/WorkerPool.ts"
import { chainMachine, chainProgram } from "../chainMachine.ts"
import { type Script, SCRIPTS } from "./scripts.ts"

/** What a skipped call gives. */
export const SKIPPED = "?"

/** A message that the client sends, maybe twice, at some time. */
export interface Sent {
  readonly kind: "signal" | "cancel" | "terminate"
  readonly name: string | null
  readonly payload: string | null
}

export interface World {
  readonly file: ProgramFile
  readonly machine: Machine
  /** Draws an input, what is sent to the instance, and what may come out. */
  readonly draw: (below: (n: number) => number) => {
    readonly input: string
    readonly messages: ReadonlyArray<Sent>
    readonly isRight: (outcome: Outcome) => boolean
    /** Failed attempts that its log must have; absent for whatever number. */
    readonly attempts?: number
    readonly deadlineMillis?: number
    readonly repair?: Script["repair"]
  }
  /** What the action gives; null for one that does not end by itself. */
  readonly execute: (call: CallRequest, isMended: boolean) => Outcome | null
}

const CHAIN_ACTIONS = ["work", "flaky", "remote", "limited"]

const chain: World = {
  file: chainProgram(CHAIN_ACTIONS),
  machine: chainMachine,
  draw: (below) => {
    const steps = Array.from(
      { length: 1 + below(6) },
      () => below(4) === 0 ? `sleep:${below(500)}` : CHAIN_ACTIONS[below(4)]!
    )
    const value = JSON.stringify(
      steps.map((step, i) => step.startsWith("sleep:") ? "slept" : String(i + 1))
    )
    return {
      input: JSON.stringify(steps),
      messages: [],
      isRight: (outcome) => outcome.ok && outcome.value === value
    }
  },
  execute: (call) => ({ ok: true, value: String(call.effect) })
}

const PRELUDE = `
import { action, signal, sleep, waitFor, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const boom = action(async (): Promise<any> => { throw new Error("no") })
export const limited = action(async (value: any): Promise<any> => value)
export const hang = action(async (value: any): Promise<any> => value)
export const moody = action(async (value: any): Promise<any> => value)
export const book = action({ transactional: true }, async (value: any): Promise<any> => value)
`

/** What `boom` gives: made once, as an error costs more than all else of an execution. */
const FAILURE: Outcome = { ok: false, error: encodeError(new Error("no")) }

/** A program from source. */
const compiled = (script: Script): World => {
  const { body, end, expected, inputs, others = "", signals = [] } = script
  const main = `export const main = workflow(async (n: any): Promise<any> => {${body}})`
  const file = compileSource(`${PRELUDE}${others}${main}`, "main").program!
  const messages = [
    ...signals.map((text): Sent => ({ kind: "signal", name: "go", payload: encodeValue(text) })),
    ...(end === undefined ? [] : [{ kind: end, name: null, payload: null } as const])
  ]
  const mayEndAs = end === "terminate"
    ? "Terminated"
    : end === "cancel" || script.deadlineMillis !== undefined
    ? "Cancelled"
    : undefined
  const { attempts, deadlineMillis, repair } = script
  const rest = {
    ...(attempts === undefined ? {} : { attempts }),
    ...(deadlineMillis === undefined ? {} : { deadlineMillis }),
    ...(repair === undefined ? {} : { repair })
  }
  return {
    file,
    machine: load(file),
    draw: (below) => {
      const n = inputs[below(inputs.length)]!
      const right = new Set(expected(n).map((value) => JSON.stringify(value)))
      return {
        input: encodeValue([n]),
        messages,
        isRight: (outcome) =>
          outcome.ok
            ? right.has(JSON.stringify(toPlainJson(outcome.value)))
            : describeError(outcome.error).name === mayEndAs,
        ...rest
      }
    },
    execute: ({ action, args }, isMended) => {
      if (action.endsWith("hang")) return null
      if (action.endsWith("boom") || (action.endsWith("moody") && !isMended)) return FAILURE
      const [value] = toPlainJson(args) as ReadonlyArray<unknown>
      return { ok: true, value: encodeValue(value) }
    }
  }
}

/** Made when first asked for: compiling takes a while. */
let made: ReadonlyArray<World> | undefined
export const worlds = (): ReadonlyArray<World> => made ??= [chain, ...SCRIPTS.map(compiled)]

const worldOf = (hash: string): World => worlds().find((world) => world.file.hash === hash)!

export const machineOf = (hash: string): Machine => worldOf(hash).machine

export const fileOf = (hash: string): ProgramFile => worldOf(hash).file
