/**
 * L-62 and L-63: actions for their effect, and `sleep` however it is imported.
 */
import * as rappel from "@rappel/core"
import { sleep, sleep as pause, workflow } from "@rappel/core"
import { logEvent, upperCase } from "./actions.ts"

export const L_62_side_effect_action = workflow(async (stop: boolean) => {
  await logEvent("effect")
  if (stop) return
  await logEvent("another")
})

export const L_63_sleep_from_import = workflow(async () => {
  await sleep("5ms")
  return await upperCase("slept")
})

export const L_63_sleep_aliased_import = workflow(async () => {
  await pause(5)
  return await upperCase("paused")
})

export const L_63_sleep_namespace_import = rappel.workflow(async () => {
  await rappel.sleep("0.005 seconds")
  return await upperCase("waited")
})

/** A timer of JavaScript is durable, too. */
export const L_63_set_timeout = workflow(async () => {
  const order: Array<string> = []
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      order.push("late")
      resolve()
    }, 60)
    setTimeout((name: string) => order.push(name), 2, "early")
    clearTimeout(setTimeout(() => order.push("never"), 1))
  })
  return order
})
