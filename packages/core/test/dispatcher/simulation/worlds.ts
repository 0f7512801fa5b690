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

/** A message that the client sends, maybe twice, at some time. */
export interface Sent {
  readonly kind: "signal" | "cancel"
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
  }
  /** What the action gives. */
  readonly execute: (call: CallRequest) => Outcome
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
export const boom = action(async (value: any): Promise<any> => { throw new Error(value) })
`

/** A program from source, run once for each of `inputs`. */
const compiled = (
  body: string,
  inputs: ReadonlyArray<number>,
  expected: (n: number) => unknown,
  sent: { readonly signals?: number; readonly cancel?: boolean } = {}
): World => {
  const source = `${PRELUDE}export const main = workflow(async (n: any): Promise<any> => {${body}})`
  const file = compileSource(source, "main").program!
  return {
    file,
    machine: load(file),
    draw: (below) => {
      const n = inputs[below(inputs.length)]!
      const right = JSON.stringify(expected(n))
      const signals = Array.from({ length: sent.signals ?? 0 }, (): Sent => ({
        kind: "signal",
        name: "go",
        payload: encodeValue("went")
      }))
      return {
        input: encodeValue([n]),
        messages: sent.cancel === true
          ? [...signals, { kind: "cancel", name: null, payload: null }]
          : signals,
        isRight: (outcome) =>
          outcome.ok
            ? JSON.stringify(toPlainJson(outcome.value)) === right
            : sent.cancel === true && describeError(outcome.error).name === "Cancelled"
      }
    },
    execute: (call) => {
      const [value] = toPlainJson(call.args) as ReadonlyArray<unknown>
      return call.action.endsWith("boom")
        ? { ok: false, error: encodeError(new Error(String(value))) }
        : { ok: true, value: encodeValue(value) }
    }
  }
}

/** Made when first asked for: compiling takes a while. */
let made: ReadonlyArray<World> | undefined
export const worlds = (): ReadonlyArray<World> =>
  made ??= [
    chain,
    compiled(
      "let sum = 0; for (let i = 0; i < n; i++) { sum += await echo(i); if (i === 1) await sleep(150) } return sum",
      [1, 3, 5],
      (n) => [0, 0, 1, 3, 6, 10][n]
    ),
    compiled(
      `const [a, b] = await Promise.all([echo(n), sleep(n * 100).then(() => echo(2)), echo("c")])
       let log = ""
       try { await boom("no") } catch (e: any) { log += await echo(e.message) } finally { log += await echo("!") }
       return [a, b, log]`,
      [1, 2],
      (n) => [n, 2, "no!"]
    ),
    compiled(
      `const Go = signal<any>("go"); const got: any[] = []
       for (let i = 0; i < n; i++) { got.push(await waitFor(Go)); got.push(await echo(i)) }
       return got`,
      [2],
      (n) => Array.from({ length: n }, (_, i) => ["went", i]).flat(),
      { signals: 2 }
    ),
    compiled(
      "let s = 0; try { s = await echo(1); await sleep(300); s += await echo(2) } finally { await echo(3); await sleep(50) } return s",
      [0],
      () => 3,
      { cancel: true }
    )
  ]
