/**
 * The actions that the suite of worker pools calls.
 *
 * @since 0.1.0
 */
import { action } from "@rappel/core/action/Action"
import { currentCall } from "@rappel/core/worker/CurrentCall"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export class Declined extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.name = "Declined"
    this.code = code
  }
}

export class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
  get euros() {
    return this.cents / 100
  }
}

export const echo = action(async (...args: ReadonlyArray<unknown>) => args)

export const first = action(async (value: unknown) => value)

export const decline = action(async (code: string) => {
  throw new Declined("The card was declined", code)
})

export const throwText = action(async () => {
  throw "no error at all"
})

export const euros = action(async (money: Money) => money.euros)

export const giveFunction = action(async () => ({ order: { run: () => 1 } }))

/** Succeeds after a time, or fails at once when its signal fires. */
export const hold = action((millis: number) =>
  new Promise((resolve, reject) => {
    const { signal } = currentCall()!
    const timer = setTimeout(() => resolve("held"), millis)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
)

/** Goes on whatever its signal says. */
export const ignoreSignal = action((millis: number) =>
  new Promise((resolve) => setTimeout(() => resolve("ignored"), millis))
)

let running = 0
let most = 0

/** The most executions of this action at the same time in this process, so far. */
export const countRunning = action(async (millis: number) => {
  running++
  most = Math.max(most, running)
  await new Promise((resolve) => setTimeout(resolve, millis))
  running--
  return most
})

export const effectful = action((n: number) => Effect.succeed(n * 2))

export const effectFails = action(() => Effect.fail(new Declined("As an Effect", "E")))

export const parsed = action(
  { input: Schema.DateFromString, output: Schema.Number },
  (day) => day.getUTCDate()
)

export const whoCalls = action(async () => {
  const { attempt, effect, instanceId } = currentCall()!
  return { attempt, effect, instanceId }
})

export const notAnAction = 42
