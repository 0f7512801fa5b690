/**
 * Actions that treat their process badly, and workflows that say what came of it.
 */
import { action, Cancelled, currentCall, heartbeat, workflow } from "@rappel/core"
import { setTimeout as pause } from "node:timers/promises"

const summary = (error: any) => ({ ...error, name: error.name, message: error.message })

export const spin = action(async (): Promise<never> => {
  // Others that came with it begin first.
  await pause(100)
  for (;;);
})

export const spins = workflow(async () => {
  try {
    return await spin.with({ timeout: "4 seconds", timeoutAttempts: 1 })()
  } catch (error) {
    return summary(error)
  }
})

export const hang = action((): Promise<never> => new Promise(() => setInterval(() => {}, 1000)))

export const hangs = workflow(async () => {
  try {
    return await hang.with({ timeout: "3 seconds", timeoutAttempts: 1 })()
  } catch (error) {
    return summary(error)
  }
})

export const hangsLong = workflow(async () => {
  try {
    return await hang()
  } catch (error) {
    if (error instanceof Cancelled) return `cancelled: ${error.reason}`
    throw error
  }
})

export const wait = action(async (millis: number) => {
  await pause(millis)
  return String(process.pid)
})

export const waits = workflow(async (millis: number) => await wait(millis))

export const crash = action(async (): Promise<never> => {
  await pause(50)
  return process.exit(3)
})

export const crashes = workflow(async (crashLimit: number) => {
  try {
    return await crash.with({ crashLimit })()
  } catch (error) {
    return summary(error)
  }
})

export const progress = action(async () => {
  const { attempt, details } = currentCall()!
  if (attempt > 1) return [attempt, details]
  for (let page = 1; page <= 7; page++) heartbeat({ page })
  await pause(400)
  return process.exit(3)
})

export const progresses = workflow(async () => await progress())

export const silence = action(async () => {
  const { attempt, details } = currentCall()!
  if (attempt > 1) return [attempt, details]
  for (let beat = 1; beat <= 3; beat++) {
    heartbeat(beat)
    await pause(300)
  }
  return await new Promise<never>(() => setInterval(() => {}, 1000))
})

export const fallsSilent = workflow(async () =>
  await silence.with({ heartbeat: "3 seconds", timeout: null })()
)
