/**
 * Where an instance stands, for people: the lines that wait, with their variables, and what
 * they wait for. Nothing of the instance runs or changes.
 *
 * @since 0.1.0
 */
import { awaiterOf } from "../awaiter.ts"
import type { Env, Task } from "../Frame.ts"
import { frameName } from "../frameName.ts"
import type { Instance } from "../Instance.ts"
import type { PendingEffect, State } from "../Model.ts"
import type { MachinePromise } from "../promises.ts"
import { whileRunning } from "../running.ts"
import { UNSET } from "../signals.ts"
import { type Chain, chainOf, slotChains } from "../snapshot/variableNames.ts"
import { withoutHostTraces } from "../stack.ts"
import { shown } from "./shown.ts"

/** A function that waits. */
export interface LineView {
  readonly function: string
  /** `src/greeting.ts:12:5`, relative to the project root. */
  readonly at: string
  /** The variables of the function and of those around it, up to its module. */
  readonly variables: Readonly<Record<string, string>>
}

export interface WaitView {
  readonly effect: number
  readonly kind: PendingEffect["kind"]
  /** The action, channel or workflow; for a timer "". */
  readonly what: string
  /** Of a timer: when it fires. */
  readonly dueAt?: number
  /** Of a child. */
  readonly instance?: string
  /** Where it is awaited: the innermost function first. Empty when nobody awaits it. */
  readonly stack: ReadonlyArray<LineView>
}

export interface StateView {
  readonly waits: ReadonlyArray<WaitView>
  readonly completed: boolean
  readonly cancelled: boolean
}

/** A chain of functions that await each other may be a ring. */
const LINES = 20

const whatOf = (effect: PendingEffect): string =>
  effect.kind === "call"
    ? effect.action
    : effect.kind === "wait"
    ? effect.channel
    : effect.kind === "child"
    ? effect.name
    : ""

/** The environments of a task, the outermost first; without that of the module. */
const environmentsOf = (task: Task): ReadonlyArray<readonly [Env, ReadonlyArray<string>]> => {
  const own: Array<readonly [Env, ReadonlyArray<string>]> = []
  const chain: Chain = chainOf(task.code)
  let env: unknown = task.env
  for (const names of chain.slice(0, -1)) {
    if (!Array.isArray(env)) break
    own.unshift([env, names])
    env = (env as Env)[0]
  }
  for (const [slot, [names]] of slotChains(task.code)) {
    const block = task.slots[slot]
    if (Array.isArray(block) && names !== undefined) own.push([block, names])
  }
  return own
}

const variablesOf = (task: Task): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {}
  for (const [env, names] of environmentsOf(task)) {
    names.forEach((name, index) => {
      const value = env[index]
      if (name === "" || name === undefined || index === 0 || value === UNSET) return
      variables[name] = shown(name, value)
    })
  }
  return variables
}

const stackOf = (promise: MachinePromise | undefined): ReadonlyArray<LineView> => {
  const lines: Array<LineView> = []
  let task = awaiterOf(promise)
  while (task !== undefined && lines.length < LINES) {
    lines.push({
      function: frameName(task) || "<anonymous>",
      at: task.code.program.where(task.at),
      variables: variablesOf(task)
    })
    task = awaiterOf(task.driver?.awaited())
  }
  return lines
}

export const viewOf = (opaque: State): StateView => {
  const state = opaque as Instance
  return whileRunning(state, () =>
    withoutHostTraces(() => ({
      completed: state.completed,
      cancelled: state.isCancelled,
      waits: Array.from(state.pending.values(), (effect): WaitView => ({
        effect: effect.effect,
        kind: effect.kind,
        what: whatOf(effect),
        ...(effect.kind === "timer" ? { dueAt: effect.dueAt } : {}),
        ...(effect.kind === "child" ? { instance: effect.id } : {}),
        stack: stackOf("promise" in effect ? effect.promise : undefined)
      }))
    })))
}
