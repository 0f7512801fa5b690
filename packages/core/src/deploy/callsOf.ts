/**
 * The calls that an instance has made, with what became of them: pure.
 *
 * @since 0.1.0
 */
import type { Machine } from "../machine/Model.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { outcomeIn } from "../repair/turnBack.ts"
import { type Beginning, type Difference, steps } from "../replay/steps.ts"

export interface MadeCall {
  readonly action: string
  readonly args: string
  /** The encoded value; undefined while it has none, or has failed. */
  readonly result: string | undefined
  readonly isPending: boolean
}

export const callsOf = (
  machine: Machine,
  beginning: Beginning,
  events: ReadonlyArray<StoredEvent>
): {
  readonly calls: ReadonlyArray<MadeCall>
  readonly difference: Difference | undefined
} => {
  const asked = new Map<number, { readonly action: string; readonly args: string }>()
  const results = new Map<number, string>()
  let pending: ReadonlySet<number> = new Set()
  let difference: Difference | undefined
  for (const stepped of steps(machine, beginning, events)) {
    const { commands, event, isVoid, state } = stepped
    difference = stepped.difference
    for (const command of commands) {
      if (command.kind === "call") asked.set(command.effect, command)
    }
    const outcome = event === null || isVoid ? undefined : outcomeIn(event)
    if (outcome?.ok === true) results.set(event!.effect, outcome.value)
    pending = new Set(state.pending.keys())
  }
  const calls = Array.from(asked, ([effect, { action, args }]) => ({
    action,
    args,
    result: results.get(effect),
    isPending: pending.has(effect)
  }))
  return { calls, difference }
}
