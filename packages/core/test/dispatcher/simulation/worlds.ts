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
    /** Failed attempts that its log must have; absent for whatever number. */
    readonly attempts?: number
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
export const boom = action(async (): Promise<any> => { throw new Error("no") })
export const limited = action(async (value: any): Promise<any> => value)
`

/** What `boom` gives: made once, as an error costs more than all else of an execution. */
const FAILURE: Outcome = { ok: false, error: encodeError(new Error("no")) }

interface Script {
  /** Further workflows, which `body` may call. */
  readonly others?: string
  /** Of a workflow of `n`. */
  readonly body: string
  /** One of these is `n`. */
  readonly inputs: ReadonlyArray<number>
  readonly expected: (n: number) => unknown
  /** What is sent on the channel `go`, in whatever order. */
  readonly signals?: ReadonlyArray<string>
  /** It is asked to cancel at some time, and may end so. */
  readonly cancel?: boolean
  readonly attempts?: number
}

/** A program from source. */
const compiled = (script: Script): World => {
  const { attempts, body, cancel = false, expected, inputs, others = "", signals = [] } = script
  const main = `export const main = workflow(async (n: any): Promise<any> => {${body}})`
  const file = compileSource(`${PRELUDE}${others}${main}`, "main").program!
  const messages = [
    ...signals.map((text): Sent => ({ kind: "signal", name: "go", payload: encodeValue(text) })),
    ...(cancel ? [{ kind: "cancel", name: null, payload: null } as const] : [])
  ]
  return {
    file,
    machine: load(file),
    draw: (below) => {
      const n = inputs[below(inputs.length)]!
      const right = JSON.stringify(expected(n))
      return {
        input: encodeValue([n]),
        messages,
        isRight: (outcome) =>
          outcome.ok
            ? JSON.stringify(toPlainJson(outcome.value)) === right
            : cancel && describeError(outcome.error).name === "Cancelled",
        ...(attempts === undefined ? {} : { attempts })
      }
    },
    execute: (call) => {
      const [value] = toPlainJson(call.args) as ReadonlyArray<unknown>
      return call.action.endsWith("boom") ? FAILURE : { ok: true, value: encodeValue(value) }
    }
  }
}

const SCRIPTS: ReadonlyArray<Script> = [
  {
    body: `let sum = 0
      for (let i = 0; i < n; i++) { sum += await echo(i); if (i === 1) await sleep(150) }
      return sum`,
    inputs: [1, 3, 5],
    expected: (n) => [0, 0, 1, 3, 6, 10][n]
  },
  {
    body: `const [a, b] = await Promise.all([
        echo(n), sleep(n * 100).then(() => echo(2)), echo("c")
      ])
      let log = ""
      try { await boom() }
      catch (e: any) { log += await echo(e.message) }
      finally { log += await echo("!") }
      return [a, b, log]`,
    inputs: [1, 2],
    expected: (n) => [n, 2, "no!"]
  },
  {
    body: `const Go = signal<any>("go")
      const got: any[] = []
      for (let i = 0; i < n; i++) { got.push(await waitFor(Go)); await echo(i) }
      return got.sort()`,
    inputs: [2],
    expected: () => ["one", "two"],
    signals: ["one", "two"]
  },
  {
    body: `let s = 0
      try { s = await echo(1); await sleep(300); s += await echo(2) }
      finally { await echo(3); await sleep(50) }
      return s`,
    inputs: [0],
    expected: () => 3,
    cancel: true
  },
  {
    body: `const policy = { retry: { attempts: 3, backoff: { kind: "constant", base: 80 } } }
      try { return await boom.with(policy as any)() }
      catch (e: any) { return [e.message, e.attempts] }`,
    inputs: [0],
    expected: () => ["no", 3],
    attempts: 2
  },
  {
    body: `const one = (i: number) =>
        limited.with({ limit: { key: "k", concurrency: 2 } } as any)(i)
      return await Promise.all([0, 1, 2, 3].slice(0, n).map(one))`,
    inputs: [3, 4],
    expected: (n) => [0, 1, 2, 3].slice(0, n)
  },
  {
    others: `export const part = workflow(async (n: any): Promise<any> => {
      const a = await echo(n); await sleep(120); return a * 2
    })
    `,
    body: `const [a, b] = await Promise.all([part(n), part(n + 1)])
      return [a, b, await echo(a + b)]`,
    inputs: [1, 5],
    expected: (n) => [2 * n, 2 * n + 2, 4 * n + 2]
  }
]

/** Made when first asked for: compiling takes a while. */
let made: ReadonlyArray<World> | undefined
export const worlds = (): ReadonlyArray<World> => made ??= [chain, ...SCRIPTS.map(compiled)]

export const machineOf = (hash: string): Machine =>
  worlds().find((world) => world.file.hash === hash)!.machine
