/**
 * L-25 to L-30 and L-64 to L-66: errors of actions, caught.
 */
import { workflow } from "@rappel/core"
import { describeFailure, failWith, logEvent, process_ as process, upperCase } from "./actions.ts"
import { ConflictError, NotFoundError, ServiceError, ValidationError } from "./errors.ts"

export const L_25_try_simple = workflow(async (kind: string) => {
  let result: string
  try {
    result = await failWith(kind, "risky")
  } catch {
    result = "recovered"
  }
  return result
})

export const L_26_try_multi_action = workflow(async (kind: string) => {
  const done: Array<string> = []
  try {
    done.push(await process("one"))
    done.push(await failWith(kind, "two"))
    done.push(await process("three"))
  } catch {
    done.push(await process("handler"))
  }
  return done
})

export const L_27_try_multi_except = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    if (error instanceof ValidationError) return await process("validation")
    if (error instanceof TypeError) return await process("type")
    if (error instanceof ServiceError) return await process("service")
    throw error
  }
})

export const L_28_try_multi_except_capture = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    if (error instanceof ValidationError) return `${error.name} of ${error.field}: ${error.message}`
    if (error instanceof TypeError) return `${error.name}: ${error.message}`
    if (error instanceof Error) return `other ${error.name}: ${error.message}`
    return `no error: ${String(error)}`
  }
})

export const L_29_try_except_capture = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    return await describeFailure(error)
  }
})

export const L_30_try_except_catch_all = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return {
      name: error instanceof Error ? error.name : typeof error,
      cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : "none"
    }
  }
})

/** Nobody catches: the instance fails with the same error. */
export const L_30_uncaught = workflow(async (kind: string) => {
  await logEvent("before")
  return await failWith(kind, "nobody catches")
})

export const L_64_try_with_action = workflow(async (kind: string) => {
  let value = await upperCase("start")
  try {
    value = await failWith(kind, "told")
  } catch {
    value = "fallback"
  }
  return await process(value)
})

export const L_65_try_multiple_calls = workflow(async (kind: string) => {
  try {
    const first = await process("first")
    const second = await failWith(kind, "second")
    return `${first}, ${second}`
  } catch {
    const repaired = await process("repair")
    return repaired
  }
})

export const L_66_try_stateful_outputs = workflow(async (kind: string) => {
  let stage = "none"
  let count = 0
  const trail: Array<string> = []
  try {
    stage = await upperCase("begun")
    count += 1
    trail.push(stage)
    stage = await failWith(kind, "told")
    count += 10
  } catch (error) {
    count += 100
    trail.push(
      error instanceof NotFoundError || error instanceof ConflictError ? "service" : "other"
    )
  } finally {
    count += 1000
    trail.push(await upperCase("end"))
  }
  return { stage, count, trail }
})
