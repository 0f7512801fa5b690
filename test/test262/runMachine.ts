/**
 * Compiles a wrapped test and runs it in the machine, plain or with a snapshot and a restore
 * at every suspension.
 */
import { type CompiledWorkflow, compileFile } from "@rappel/compiler"
import { load } from "@rappel/core/machine/Machine"
import type { State, Step } from "@rappel/core/machine/Model"
import type { ProgramFile } from "@rappel/core/program/Program"
import { describeError, encodeValue } from "@rappel/core/value/Value"
import { asModule, type Wrapped } from "./wrap.ts"

export type Compiled =
  | { readonly program: ProgramFile }
  | { readonly findings: ReadonlyArray<{ readonly code: string; readonly message: string }> }

const FILE = "/project/test.mjs"

/** One program for several tests, since what they include costs more than they do. */
export const compile = (
  tests: ReadonlyArray<Wrapped>,
  includes: ReadonlyArray<string>
): Compiled => {
  const source = asModule(tests, includes)
  const { findings, workflows } = compileFile({
    file: FILE,
    projectRoot: "/project",
    strict: true,
    readFile: (path) => path === FILE ? source : undefined
  })
  const [workflow] = workflows as ReadonlyArray<CompiledWorkflow | undefined>
  const errors = [...findings, ...workflow?.findings ?? []]
    .filter(({ severity }) => severity === "error")
    .map(({ code, message }) => ({ code, message }))
  if (workflow?.program !== undefined && errors.length === 0) return { program: workflow.program }
  return {
    findings: errors.length > 0 ? errors : [{ code: "", message: "no workflow was found" }]
  }
}

export type MachineEnd =
  | { readonly kind: "passed"; readonly suspensions: number }
  | { readonly kind: "failed"; readonly errorName: string; readonly message: string }

/** Far more than any test needs; a loop without an end is over in a second. */
const FUEL = 5_000_000

const AT = 1_700_000_000_000

/** Runs the test at that index of a program. */
export const runMachine = (
  program: ProgramFile,
  index: number,
  restores: boolean
): MachineEnd => {
  try {
    return run(program, index, restores)
  } catch (error) {
    return {
      kind: "failed",
      errorName: error instanceof Error ? error.name : typeof error,
      message: `thrown by the machine: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

const run = (program: ProgramFile, index: number, restores: boolean): MachineEnd => {
  const machine = load(program, { fuelPerStep: FUEL })
  const calls: Array<number> = []
  let outcome: Step["outcome"]
  let suspensions = 0
  const absorb = (step: Step): void => {
    outcome ??= step.outcome
    for (const command of step.commands) {
      if (command.kind === "call") calls.push(command.effect)
    }
  }
  const { state: first, step } = machine.start({
    instanceId: "00000000-0000-7000-8000-000000000001",
    input: encodeValue([index]),
    seed: "0123456789abcdef0123456789abcdef",
    at: AT
  })
  let state: State = first
  absorb(step)
  while (outcome === undefined) {
    const effect = calls.shift()
    if (effect === undefined) {
      return { kind: "failed", errorName: "", message: "awaits what never comes" }
    }
    suspensions++
    if (restores) {
      const text = machine.snapshot(state)
      state = machine.restore(text)
      if (machine.snapshot(state) !== text) {
        return { kind: "failed", errorName: "", message: "a restored state has another snapshot" }
      }
    }
    absorb(machine.apply(state, {
      kind: "settled",
      effect,
      at: AT + suspensions,
      outcome: { ok: true, value: encodeValue(undefined) }
    }))
  }
  if (outcome.ok) return { kind: "passed", suspensions }
  const { message = "", name = "" } = describeError(outcome.error)
  const [, thrown, rest] = /^(\w*): ([^]*)$/.exec(message) ?? []
  return name === "Error" && thrown !== undefined
    ? { kind: "failed", errorName: thrown, message: rest! }
    : { kind: "failed", errorName: name, message }
}
