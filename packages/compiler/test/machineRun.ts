/**
 * Runs a compiled snippet in the machine: calls are answered at once, in order,
 * and timers fire when nothing else is left.
 *
 * @since 0.1.0
 */
import { load } from "@rappel/core/machine/Machine"
import type { MachineEvent, Start, State, Step } from "@rappel/core/machine/Model"
import type { ProgramFile } from "@rappel/core/program/Program"
import {
  decodeError,
  decodeValue,
  encodeError,
  encodeValue,
  type ValueHost
} from "@rappel/core/value/Value"
import { stepInfo } from "@rappel/core/worker/Step"

const NO_CLASSES: ValueHost = { classOf: () => undefined, prototypeOf: () => undefined }

const importFrom = (specifier: string): Promise<Readonly<Record<string, unknown>>> =>
  import(/* @vite-ignore */ specifier) as Promise<Readonly<Record<string, unknown>>>

export type Actions = Readonly<
  Record<string, (...args: ReadonlyArray<unknown>) => Promise<unknown>>
>

/** `restores`: after every step the state is written, read into a new machine, and written again. */
export const runInMachine = async (
  program: ProgramFile,
  actions: Actions,
  restores: boolean
): Promise<unknown> => {
  const outcome = await outcomeOf(program, actions, restores, {
    instanceId: "00000000-0000-7000-8000-000000000001",
    input: encodeValue([]),
    seed: "0123456789abcdef0123456789abcdef",
    at: Date.parse("2026-01-01T00:00:00Z")
  })
  if (outcome === undefined) return "never completed"
  return outcome.ok ? decodeValue(outcome.value) : decodeError(outcome.error)
}

const outcomeOf = async (
  program: ProgramFile,
  actions: Actions,
  restores: boolean,
  start: Start
): Promise<Step["outcome"]> => {
  let machine = load(program)
  let { at } = start
  const started = machine.start(start)
  let state: State = started.state
  const events: Array<() => Promise<MachineEvent>> = []
  const timers: Array<{ effect: number; dueAt: number }> = []
  let outcome: Step["outcome"]

  const take = (step: Step): void => {
    outcome ??= step.outcome
    for (const command of step.commands) {
      if (command.kind === "timer") timers.push(command)
      else if (command.kind === "drop") {
        const index = timers.findIndex((timer) => timer.effect === command.effect)
        if (index >= 0) timers.splice(index, 1)
      } else if (command.kind === "child") {
        const { effect, id, ...child } = command
        events.push(async () => {
          const ended = await outcomeOf(program, actions, restores, {
            ...child,
            instanceId: id,
            at
          })
          if (ended === undefined) throw new Error("the child never completed")
          return { kind: "settled", effect, at, outcome: ended }
        })
      } else if (command.kind === "call") {
        const { action, args, effect } = command
        events.push(async () => ({
          kind: "settled",
          effect,
          at,
          outcome: await call(action, args)
        }))
      }
    }
    if (!restores || step.closed) return
    const snapshot = machine.snapshot(state)
    machine = load(program)
    state = machine.restore(snapshot)
    const again = machine.snapshot(state)
    if (again !== snapshot) throw new Error("the snapshot of a restored state differs")
  }

  const functionOf = async (action: string) => {
    const step = program.program.actions.find(({ id }) => id === action)?.step
    const fn = step === undefined
      ? actions[action.slice(action.indexOf("#") + 1)]
      : (await stepInfo({ action, step }, importFrom, NO_CLASSES)).fn
    if (fn === undefined) throw new Error(`no action ${action}`)
    return fn as unknown as (...args: ReadonlyArray<unknown>) => unknown
  }

  const call = async (action: string, args: string) => {
    try {
      const fn = await functionOf(action)
      const values = decodeValue(args) as ReadonlyArray<unknown>
      return { ok: true as const, value: encodeValue(await fn(...values)) }
    } catch (error) {
      return { ok: false as const, error: encodeError(error) }
    }
  }

  take(started.step)
  for (;;) {
    const next = events.shift()
    if (next !== undefined) {
      take(machine.apply(state, await next()))
      continue
    }
    timers.sort((a, b) => a.dueAt - b.dueAt || a.effect - b.effect)
    const timer = timers.shift()
    if (timer === undefined || outcome !== undefined) break
    at = Math.max(at, timer.dueAt)
    take(machine.apply(state, { kind: "fired", effect: timer.effect, at }))
  }
  return outcome
}
