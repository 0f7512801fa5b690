/**
 * An instance in the machine, event by event.
 */
import { compileSource } from "../../../../test/kit/oracle.ts"
import { load, type MachineOptions } from "../../src/machine/Machine.ts"
import type { Command, Machine, Outcome, State, Step } from "../../src/machine/Model.ts"
import { describeError, encodeError, encodeValue, toPlainJson } from "../../src/value/Value.ts"

export const AT = 1_700_000_000_000

const PRELUDE = `
import { action, ActionTimeout, Cancelled, publish, runAction, signal, sleep, until, update, waitFor, WaitTimeout, Workflow, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const add = action(async (a: number, b: number): Promise<any> => a + b)
export const all = action(async (...values: any[]): Promise<any> => values)
export const none = action(async (): Promise<any> => 0)
`

export const machineOf = (body: string, options: MachineOptions = {}): Machine =>
  load(
    compileSource(
      `${PRELUDE}export const main = workflow(async (...args: any[]) => {\n${body}\n})`,
      "main"
    ).program!,
    options
  )

export class Driven {
  readonly machine: Machine
  state: State
  readonly steps: Array<Step> = []
  at = AT

  constructor(
    machine: Machine,
    args: ReadonlyArray<unknown> = [],
    seed = "00112233445566778899aabbccddeeff"
  ) {
    this.machine = machine
    const { state, step } = machine.start({
      instanceId: "i1",
      input: encodeValue(args),
      seed,
      at: this.at
    })
    this.state = state
    this.steps.push(step)
  }

  get last(): Step {
    return this.steps.at(-1)!
  }

  get commands(): ReadonlyArray<Command> {
    return this.last.commands
  }

  private apply(event: Parameters<Machine["apply"]>[1]): this {
    this.steps.push(this.machine.apply(this.state, event))
    return this
  }

  settle(effect: number, value?: unknown): this {
    const outcome: Outcome = { ok: true, value: encodeValue(value) }
    return this.apply({ kind: "settled", effect, at: this.at, outcome })
  }

  reject(effect: number, error: unknown, attempts?: number): this {
    const outcome: Outcome = {
      ok: false,
      error: encodeError(error),
      ...(attempts === undefined ? {} : { attempts })
    }
    return this.apply({ kind: "settled", effect, at: this.at, outcome })
  }

  fail(effect: number, error: unknown, attempts: number): this {
    return this.apply({
      kind: "failed",
      effect,
      at: this.at,
      error: encodeError(error),
      attempts
    })
  }

  fire(effect: number, at = this.at): this {
    this.at = at
    return this.apply({ kind: "fired", effect, at })
  }

  cancel(reason: string | null = null): this {
    return this.apply({ kind: "cancelled", at: this.at, reason })
  }

  tell(channel: string, value: unknown, message = "m1"): this {
    return this.apply({
      kind: "received",
      at: this.at,
      channel,
      value: encodeValue(value),
      message
    })
  }

  restore(): this {
    const text = this.machine.snapshot(this.state)
    this.state = this.machine.restore(text)
    return this
  }

  get outcome(): Outcome | undefined {
    return this.steps.find((step) => step.outcome !== undefined)?.outcome
  }

  get value(): unknown {
    const { outcome } = this
    if (outcome?.ok !== true) throw new Error(`no value: ${JSON.stringify(outcome)}`)
    return toPlainJson(outcome.value)
  }

  get error(): ReturnType<typeof describeError> {
    const { outcome } = this
    if (outcome?.ok !== false) throw new Error(`no error: ${JSON.stringify(outcome)}`)
    return describeError(outcome.error)
  }
}

export const drive = (
  body: string,
  args: ReadonlyArray<unknown> = [],
  options: MachineOptions = {}
): Driven => new Driven(machineOf(body, options), args)
