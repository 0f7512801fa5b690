/**
 * The workflows of the predecessor's example application.
 */
import { sleep, workflow } from "@rappel/core"
import {
  classify,
  countOf,
  double,
  factorial,
  failWith,
  fetchItems,
  fibonacci,
  greetPerson,
  identity,
  increment,
  labelled,
  logEvent,
  noop,
  process_ as process,
  step1,
  step2,
  step3,
  succeedAt,
  sum,
  takeTime
} from "./actions.ts"
import { PaymentError, ValidationError } from "./errors.ts"

export const ParallelMath = workflow(async (n: number) => {
  const [factorialValue, fibonacciValue] = await Promise.all([factorial(n), fibonacci(n)])
  return await labelled(`${factorialValue > 5000 ? "large" : "small"}`, {
    factorialValue,
    fibonacciValue
  })
})

export const SequentialChain = workflow(async (text: string) => {
  const first = await step1(text)
  const second = await step2(first)
  return { first, second, third: await step3(second) }
})

export const ConditionalBranch = workflow(async (value: number) => {
  if (value >= 75) return await labelled("high", await classify(value))
  else if (value >= 25) return await labelled("medium", await classify(value))
  return await labelled("low", await classify(value))
})

export const LoopProcessing = workflow(async (items: ReadonlyArray<string>) => {
  const processed: Array<string> = []
  for (const item of items) processed.push(await process(item))
  return { count: processed.length, processed }
})

export const WhileLoop = workflow(async (limit: number) => {
  let current = 0
  let iterations = 0
  while (current < limit) {
    current = await increment(current)
    iterations += 1
  }
  return { current, iterations }
})

export const LoopReturn = workflow(async (items: ReadonlyArray<number>, needle: number) => {
  let checked = 0
  for (const item of items) {
    checked += 1
    const value = await identity(item)
    if (value === needle) return { found: true, checked }
  }
  return { found: false, checked }
})

export const ErrorHandling = workflow(async (shouldFail: boolean) => {
  let recovered = false
  let message: string
  try {
    message = await failWith(shouldFail ? "plain" : "none", "intentional")
  } catch (error) {
    recovered = true
    message = await process(error instanceof Error ? error.message : "?")
  }
  return { recovered, message }
})

export const ExceptionMetadata = workflow(async () => {
  try {
    await failWith("payment", "declined")
  } catch (error) {
    if (error instanceof PaymentError) {
      return await labelled(error.code, { detail: error.detail, message: error.message })
    }
  }
  return undefined
})

/** What fails in the workflow's own code can be caught as well. */
export const ZeroDivision = workflow(async (divisor: bigint) => {
  await noop()
  try {
    return 10n / divisor
  } catch (error) {
    return error instanceof RangeError ? -1 : error
  }
})

export const RetryCounter = workflow(
  async (counter: string, succeedOnAttempt: number, maxAttempts: number) => {
    try {
      const attempt = await succeedAt.with({ retry: { attempts: maxAttempts } })(
        counter,
        succeedOnAttempt
      )
      return { succeeded: true, finalAttempt: attempt }
    } catch {
      return { succeeded: false, finalAttempt: await countOf(counter) }
    }
  }
)

export const TimeoutProbe = workflow(async (counter: string, maxAttempts: number) => {
  let errorName = "none"
  try {
    await takeTime.with({ timeout: "900ms", timeoutAttempts: maxAttempts })(counter, 2500)
  } catch (error) {
    errorName = error instanceof Error ? error.name : "?"
  }
  return { errorName, attempts: await countOf(counter) }
})

export const DurableSleep = workflow(async (duration: number | string) => {
  const before = Date.now()
  await sleep(duration)
  return { slept: Date.now() - before >= 5, next: await increment(1) }
})

export const EarlyReturnLoop = workflow(async (items: ReadonlyArray<string>) => {
  const { items: known } = await fetchItems(2)
  if (items.length === 0) return "nothing to do"
  for (const item of items) {
    if (known.includes(item)) return await process(item)
  }
  return "no match"
})

export const GuardFallback = workflow(async (user: string) => {
  const { items } = await fetchItems(user === "known" ? 2 : 0)
  let summary = "no notes"
  if (items.length > 0) summary = await process(items.join(", "))
  return { user, summary }
})

export const KwOnlyLocation = workflow(
  async ({ latitude, longitude = 0 }: {
    readonly latitude: number
    readonly longitude?: number
  }) => await labelled("at", { latitude, longitude })
)

export const LoopException = workflow(async (items: ReadonlyArray<string>) => {
  const done: Array<string> = []
  const failed: Array<string> = []
  for (const item of items) {
    try {
      done.push(await failWith(item, item))
    } catch (error) {
      if (error instanceof ValidationError) continue
      failed.push(item)
    }
  }
  return { done, failed }
})

export const SpreadEmpty = workflow(async (items: ReadonlyArray<number>) => {
  const results = await Promise.all(items.map((item) => double(item)))
  return { count: results.length, total: await sum(results) }
})

export const NoOp = workflow(async (count: number) => {
  for (let at = 0; at < count; at++) await noop()
  return count
})

export const ManyActions = workflow(async (count: number, parallel: boolean) => {
  const numbers = Array.from({ length: count }, (_, index) => index)
  if (parallel) return await sum(await Promise.all(numbers.map((n) => double(n))))
  let total = 0
  for (const n of numbers) total += await double(n)
  return total
})

export const LoopingSleep = workflow(async (rounds: number, millis: number) => {
  const trail: Array<string> = []
  for (let round = 1; round <= rounds; round++) {
    await sleep(millis)
    trail.push(await logEvent(`round ${round}`))
  }
  return trail
})

export const Greeting = workflow(async (name: string) =>
  await greetPerson({ name, greeting: "Hello" })
)
