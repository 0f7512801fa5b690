/**
 * L-58 to L-61: policies of calls, and what reaches the workflow when they are spent.
 */
import { runAction, Workflow, workflow } from "@rappel/core"
import {
  double,
  failOnce,
  failWith,
  step1,
  step2,
  step3,
  step4,
  succeedAt,
  takeTime
} from "./actions.ts"
import { ConflictError, PaymentError, ServiceError, ValidationError } from "./errors.ts"

/** Every form of a timeout and of a retry policy that a caller may write. */
export const L_58_policy_variations = workflow(async (counter: string) => [
  await double.with({ timeout: 60_000 })(1),
  await double.with({ timeout: "10m" })(2),
  await double.with({ timeout: "2 hours" })(3),
  await double.with({ timeout: "1d" })(4),
  await double.with({ timeout: [90, 0] })(5),
  await double.with({ timeout: 5_000_000_000n })(6),
  await double.with({ timeout: null })(7),
  await succeedAt.with({ retry: 3 })(`${counter}-count`, 3),
  await succeedAt.with({ retry: {} })(`${counter}-unlimited`, 5),
  await succeedAt.with({ retry: { attempts: 3, backoff: "2ms" } })(`${counter}-constant`, 3),
  await succeedAt.with({
    retry: { attempts: 4, backoff: { kind: "exponential", base: 1, factor: 2 }, maxDelay: "3ms" }
  })(`${counter}-exponential`, 4),
  await succeedAt.with({
    retry: { attempts: "unlimited", backoff: { kind: "linear", base: "1ms" }, jitter: 0.5 }
  })(`${counter}-linear`, 3),
  await succeedAt.with({ retry: { attempts: 2, retryOn: [ConflictError] } })(`${counter}-class`, 2),
  await succeedAt.with({ retry: { attempts: 2, retryOn: "ServiceError" } })(`${counter}-base`, 2)
])

export const L_58_errors_that_are_not_repeated = workflow(async (counter: string) => {
  const outcomes: Array<string> = []
  for (
    const [kind, policy] of [
      ["validation", { retry: { attempts: 3, stopOn: [ValidationError] } }],
      ["validation", { retry: { attempts: 3, retryOn: [ServiceError] } }],
      ["conflict", { retry: { attempts: 3, retryOn: [ServiceError] } }],
      ["conflict", { retry: { attempts: 1 } }]
    ] as const
  ) {
    try {
      const attempt = await failOnce.with(policy)(`${counter}-${outcomes.length}`, kind)
      outcomes.push(`attempt ${attempt}`)
    } catch (error) {
      outcomes.push(error instanceof Error ? error.name : "?")
    }
  }
  return outcomes
})

const patient = { retry: { attempts: 3, backoff: "1ms" }, timeout: "5s" }

export const L_59_module_policy = workflow(async (counter: string) =>
  await succeedAt.with(patient)(counter, 3)
)

export class L_59_instance_attr_policies extends Workflow {
  readonly retryPolicy = { attempts: 3, backoff: "1ms" }
  readonly timeoutValue = 2

  async run(counter: string) {
    const seconds = this.timeoutValue * 1000
    return await runAction(() => succeedAt(counter, 2), {
      retry: this.retryPolicy,
      timeout: seconds
    })
  }
}

/** Also run under kill -9: each step is recorded once, whatever dies between. */
export const L_60_integration_crash_recovery = workflow(async (start: string) => {
  const first = await step1.with({ timeout: "2s" })(start)
  const second = await step2.with({ timeout: "2s" })(first)
  const third = await step3.with({ timeout: "2s" })(second)
  return await step4.with({ timeout: "2s" })(third)
})

export const L_61_integration_exception_custom = workflow(async () => {
  try {
    return await failWith.with({ retry: { attempts: 1 } })("payment", "declined")
  } catch (error) {
    if (error instanceof PaymentError) {
      return { code: error.code, limit: error.detail.limit, message: error.message }
    }
    throw error
  }
})

/** What is on an error that policies gave up on. */
export const L_61_attempts_on_the_error = workflow(async (counter: string) => {
  try {
    await succeedAt.with({ retry: { attempts: 3 } })(counter, 9)
    return "not reached"
  } catch (error) {
    const { attempts, message, name } = error as Error & { readonly attempts?: number }
    return { name, message, attempts }
  }
})

export const L_61_timeouts_are_counted = workflow(async (counter: string) => {
  try {
    return await takeTime.with({ timeout: "900ms", timeoutAttempts: 2 })(counter, 2500)
  } catch (error) {
    return error instanceof Error ? error.name : "?"
  }
})
