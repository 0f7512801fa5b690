/**
 * L-01 to L-10: how workflows call actions.
 */
import { workflow } from "@rappel/core"
import {
  addNumbers,
  computeValue,
  greetPerson,
  logEvent,
  multiplyBy,
  process_ as process,
  soak
} from "./actions.ts"

export const L_01_simple_action = workflow(async (value: string) => {
  const result = await process(value)
  return result
})

export const L_02_action_kwargs = workflow(async () => {
  const greeting = await greetPerson({ name: "World", greeting: "Hi" })
  return greeting
})

export const L_03_action_positional_args = workflow(async () => {
  const result = await addNumbers(10, 20)
  return result
})

export const L_04_action_mixed_args = workflow(async () => {
  const plain = await computeValue(5, 10)
  const multiplied = await computeValue(5, 10, { multiplier: 2 })
  return { plain, multiplied }
})

export const L_05_action_no_assignment = workflow(async (value: string) => {
  await logEvent("starting")
  const result = await process(value)
  await logEvent("done")
  return result
})

export const L_06_action_return = workflow(async (value: string) => {
  return await process(value)
})

export const L_06_action_return_promise = workflow((value: string) => process(value))

export const L_07_action_variable_args = workflow(
  async (input: { readonly base: number; readonly factor: number }) => {
    const base = await addNumbers(input.base, 1)
    const result = await multiplyBy(base, input.factor)
    return result
  }
)

export const L_08_literal_return = workflow(async () => {
  await logEvent("about to return")
  return 42
})

export const L_09_variable_return = workflow(async (value: string) => {
  const local = `${value}!`
  await logEvent(local)
  const copy = local
  return copy
})

/** The load of a soak: every call sleeps, some fail, some run out of time. */
export const L_10_soak_actions = workflow(
  async (count: number, failEvery: number, timeOutEvery: number) => {
    const counts = { done: 0, failed: 0, timedOut: 0 }
    for (let index = 1; index <= count; index++) {
      try {
        if (index % timeOutEvery === 0) {
          await soak.with({ timeout: "200ms", timeoutAttempts: 1 })({ index, sleepMillis: 2500 })
        } else {
          await soak({ index, sleepMillis: 1, fail: index % failEvery === 0 })
        }
        counts.done++
      } catch (error) {
        if (error instanceof Error && error.name === "ActionTimeout") counts.timedOut++
        else counts.failed++
      }
    }
    return counts
  }
)
