/**
 * A machine that asks for many calls in one step and completes when all of them are settled.
 * The input is how many, or the action of each.
 */
import type { Machine, PendingEffect, Policy, State, Step } from "../../src/machine/Model.ts"

interface FanState extends State {
  readonly pending: Map<number, PendingEffect>
  values: number
}

type CallEffect = Extract<PendingEffect, { readonly kind: "call" }>

const done = (values: number): Step => {
  const outcome = { ok: true, value: String(values) } as const
  return { commands: [{ kind: "complete", outcome }], outcome, closed: true, fuel: 1 }
}

export const fanMachine = (policy: Policy = {}): Machine => ({
  start: ({ input, instanceId }) => {
    const asked = JSON.parse(input) as number | ReadonlyArray<string>
    const actions = typeof asked === "number" ? Array.from({ length: asked }, () => "work") : asked
    const calls = actions.map((action, i): CallEffect => ({
      kind: "call",
      effect: i + 1,
      action,
      args: `[${i + 1}]`,
      policy
    }))
    const state: FanState = {
      instanceId,
      effects: calls.length,
      pending: new Map(calls.map((call) => [call.effect, call])),
      values: 0
    }
    return { state, step: { commands: calls, closed: false, fuel: calls.length } }
  },
  apply: (opaque, event) => {
    const state = opaque as FanState
    if (event.kind !== "settled" || !state.pending.delete(event.effect)) {
      return { commands: [], closed: false, fuel: 0 }
    }
    state.values++
    return state.pending.size === 0
      ? done(state.values)
      : { commands: [], closed: false, fuel: 1 }
  },
  snapshot: (opaque) => {
    const { instanceId, pending, values } = opaque as FanState
    return JSON.stringify({ instanceId, pending: Array.from(pending), values })
  },
  restore: (snapshot) => {
    const { pending, ...rest } = JSON.parse(snapshot)
    return { ...rest, pending: new Map(pending) }
  }
})
