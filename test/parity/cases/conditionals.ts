/**
 * L-15 to L-21 and L-24: conditions and `while`.
 */
import { workflow } from "@rappel/core"
import {
  classify,
  double,
  fetchItems,
  increment,
  isEven,
  labelled,
  logEvent,
  process_ as process,
  upperCase
} from "./actions.ts"

export const L_15_if_await_action_condition = workflow(async (value: number) => {
  if (await isEven(value)) return "even"
  return "odd"
})

/** The same condition wherever an expression may stand. */
export const L_15_await_in_every_condition = workflow(async (value: number) => {
  const steps: Array<string> = []
  let n = value
  while (!(await isEven(n))) n = await increment(n)
  steps.push(`while ${n}`)
  do n += 2
  while (await isEven(n) && n < value + 8)
  steps.push(`do ${n}`)
  for (let at = 0; await isEven(at); at++) steps.push(`for ${at}`)
  steps.push(await isEven(n) ? await upperCase("yes") : await upperCase("no"))
  const both = await isEven(2) && await upperCase("both")
  const either = await isEven(1) || await upperCase("either")
  return { steps, both, either, not: !(await isEven(n)) }
})

export const L_16_if_multiple_calls = workflow(async (value: number) => {
  if (value > 10) {
    const doubled = await double(value)
    const result = await increment(doubled)
    return result
  }
  return value
})

export const L_17_if_simple = workflow(async (flag: boolean) => {
  let result: string
  if (flag) result = await upperCase("on")
  else result = await process("off")
  return result
})

export const L_18_if_elif_else = workflow(async (score: number) => {
  let grade: string
  if (score >= 90) grade = await upperCase("a")
  else if (score >= 80) grade = await upperCase("b")
  else if (score >= 70) grade = await upperCase("c")
  else grade = await upperCase("f")
  return grade
})

export const L_18_switch = workflow(async (score: number) => {
  const trail: Array<string> = []
  switch (await classify(score)) {
    case "high":
      trail.push(await upperCase("high"))
      break
    // @ts-expect-error TS7029: falling through is what this case is about
    case "medium":
      trail.push(await upperCase("medium"))
    case await upperCase("never"):
      trail.push("below medium")
      break
    default:
      trail.push("default")
  }
  return trail
})

export const L_19_if_multi_action = workflow(async (fast: boolean) => {
  let result = 0
  if (fast) {
    await logEvent("fast")
    result = await increment(1)
    result = await double(result)
  } else {
    await logEvent("slow")
    result = await double(1)
    result = await double(result)
    result = await increment(result)
  }
  await logEvent(`result ${result}`)
  return result
})

export const L_20_if_no_else_continue = workflow(async (count: number) => {
  const response = await fetchItems(count)
  let note = "none"
  if (response.items.length > 0) note = await process(response.items[0]!)
  return { note, count: response.items.length }
})

/** Where JavaScript's truth differs from Python's: an empty list is true. */
export const L_20_truthiness = workflow(async () => {
  const { items } = await fetchItems(0)
  const truths: Array<string> = []
  for (const truthy of [items, {}, "0", " ", -1]) if (truthy) truths.push(JSON.stringify(truthy))
  for (const falsy of ["", 0, -0, NaN, null, undefined, 0n]) if (falsy) truths.push("falsy")
  return await labelled("true", truths)
})

export const L_21_if_with_accumulator = workflow(async (flag: boolean) => {
  const results: Array<string> = []
  if (flag) {
    results.push(await process("first"))
    results.push(await process("second"))
  } else {
    const only = await process("only")
    results.push(only)
  }
  if (results.length > 0) return results[0]
  return "nothing"
})

export const L_24_while_simple = workflow(async (limit: number) => {
  let i = 0
  while (i < limit) i = await increment(i)
  return i
})

export const L_24_other_loops = workflow(async (limit: number) => {
  let first = 0
  do first = await increment(first)
  while (first < limit)
  let second = 0
  for (;;) {
    second = await increment(second)
    if (second >= limit) break
  }
  return { first, second }
})
