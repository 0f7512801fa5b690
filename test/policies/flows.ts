/**
 * Workflows that need a policy each; `unit` is the time that all waits are made of, so that the
 * same flow takes hours of a test clock or moments of a real one.
 */
import {
  action,
  ActionTimeout,
  currentCall,
  heartbeat,
  runAction,
  settleIn,
  sleep,
  workflow
} from "@rappel/core"
import type { Transaction } from "@rappel/core/client/Transaction"

/** What actions did, since the test began. */
export const ledger: Array<string> = []

export class Busy extends Error {
  readonly code: number
  constructor(code: number) {
    super(`busy ${code}`)
    this.name = "Busy"
    this.code = code
  }
}

const describe = (error: any) => ({
  name: error.name,
  message: error.message,
  ...(error.attempts === undefined ? {} : { attempts: error.attempts }),
  ...(error instanceof ActionTimeout ? { limit: error.limit, timeouts: error.timeouts } : {})
})

/** Fails so often, then succeeds with the number of its attempt. */
export const failing = action(async (name: string, times: number) => {
  const { attempt } = currentCall()!
  ledger.push(`${name} ${attempt}`)
  if (attempt <= times) throw new Busy(500 + attempt)
  return attempt
})

/** Never ends by itself. */
export const hang = action((name: string) =>
  new Promise<never>((_, reject) => {
    const { attempt, signal } = currentCall()!
    ledger.push(`${name} ${attempt}`)
    signal.addEventListener("abort", () => {
      ledger.push(`${name} ${attempt} aborted`)
      reject(signal.reason as Error)
    })
  })
)

export const retried = workflow(async (times: number, attempts: number, unit: number) => {
  try {
    return await failing.with({
      retry: { attempts, backoff: { kind: "linear", base: unit }, maxDelay: 3 * unit }
    })("retried", times)
  } catch (error) {
    return describe(error)
  }
})

/** Every value of the policy is computed, and the predicates use variables of the workflow. */
export const judged = workflow(async (codes: Array<number>, unit: number) => {
  const seen: Array<number> = []
  const settings = { patience: codes.length, wait: () => unit / 2 }
  try {
    const attempt = await runAction(() => failing("judged", 9), {
      retry: {
        attempts: settings.patience + 5,
        backoff: { base: settings.wait() },
        retryOn: (error: Busy) => {
          seen.push(error.code)
          return codes.includes(error.code)
        }
      }
    })
    return { attempt, seen }
  } catch (error) {
    return { ...describe(error), seen }
  }
})

export const timedOut = workflow(async (unit: number) => {
  try {
    return await hang.with({ timeout: 2 * unit, timeoutAttempts: 3 })("timedOut")
  } catch (error) {
    return describe(error)
  }
})

/** The deadline comes while the call waits for its next execution. */
export const overdueWaiting = workflow(async (unit: number) => {
  try {
    return await failing.with({
      retry: { backoff: { kind: "exponential", base: unit, factor: 2 } },
      deadline: 13 * unit
    })("overdueWaiting", 99)
  } catch (error) {
    return describe(error)
  }
})

/** The deadline comes while it runs. */
export const overdueRunning = workflow(async (unit: number) => {
  try {
    return await hang.with({ deadline: 4 * unit, timeout: null })("overdueRunning")
  } catch (error) {
    return describe(error)
  }
})

/** Goes on where the attempt before was, as its heartbeats say, and falls silent after each third. */
export const climb = action(async (steps: number) => {
  const { attempt, details } = currentCall()!
  for (let step = (details as number | undefined) ?? 0; step < steps; step++) {
    ledger.push(`climb ${attempt} at ${step}`)
    heartbeat(step + 1)
    if ((step + 1) % 3 === 0 && step + 1 < steps) await new Promise(() => {})
  }
  return attempt
})

export const climbs = workflow(async (unit: number) =>
  await climb.with({ heartbeat: 2 * unit, timeout: null })(8)
)

export const silent = workflow(async (unit: number) => {
  try {
    return await hang.with({ heartbeat: unit, timeoutAttempts: 2, timeout: null })("silent")
  } catch (error) {
    return describe(error)
  }
})

/** All three counts at once. */
export const counted = workflow(async (unit: number) => {
  try {
    return await mixed.with({ retry: { attempts: 3, backoff: unit }, timeout: unit })("counted")
  } catch (error) {
    return describe(error)
  }
})

/** Over a queue in memory there is no outcome to store: a transaction that is asked for that fails. */
const noDatabase: Transaction = {
  start: () => Promise.reject(new Error("start was called")),
  settle: () => Promise.reject(new Error("settle was called"))
}

export const book = action(
  { transactional: true, retry: { attempts: 2 } },
  async (cents: number) => {
    const { attempt } = currentCall()!
    ledger.push(`book ${attempt}`)
    if (attempt === 1) throw new Busy(1)
    return await settleIn(noDatabase, { cents, paid: new Set([cents]) })
  }
)

export const books = workflow(async (cents: number) => await book(cents))

export const bookAndForget = action({ transactional: true }, async () => "kept")

export const forgets = workflow(async () => {
  try {
    return await bookAndForget()
  } catch (error) {
    return describe(error)
  }
})

/** Fails, hangs, fails, hangs, … */
export const mixed = action((name: string) => {
  const { attempt } = currentCall()!
  ledger.push(`${name} ${attempt}`)
  return attempt % 2 === 1 ? Promise.reject(new Busy(attempt)) : new Promise<never>(() => {})
})

export const plain = workflow(async () => {
  try {
    return await failing("plain", 2)
  } catch (error) {
    return describe(error)
  }
})

const daily = { retry: { attempts: 50, backoff: { base: "5s" } }, timeout: "10 minutes" } as const

/** A month: each day a call that fails twice, and a call that waits out its backoff. */
export const month = workflow(async () => {
  const attempts: Array<unknown> = []
  for (let day = 0; day < 30; day++) {
    attempts.push(await failing.with(daily)(`day ${day}`, day % 3))
    await sleep("1 day")
  }
  return attempts
})
