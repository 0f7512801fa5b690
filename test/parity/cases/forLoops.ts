/**
 * L-22, L-23 and L-31 to L-38: `for` loops and what they gather.
 */
import { workflow } from "@rappel/core"
import {
  double,
  increment,
  isEven,
  keyAndValue,
  labelled,
  process_ as process,
  upperCase
} from "./actions.ts"

export const L_22_for_simple = workflow(async (items: ReadonlyArray<string>) => {
  const out: Array<string> = []
  for (const item of items) out.push(await process(item))
  return out
})

export const L_23_for_multi_action = workflow(async (values: ReadonlyArray<number>) => {
  const out: Array<number> = []
  for (const value of values) {
    const doubled = await double(value)
    const result = await increment(doubled)
    out.push(result)
  }
  return out
})

export const L_31_for_break = workflow(async (values: ReadonlyArray<number>) => {
  let found: number | undefined
  for (const value of values) {
    if (await isEven(value)) {
      found = value
      break
    }
  }
  return { found }
})

export const L_32_for_continue = workflow(async (values: ReadonlyArray<number>) => {
  const odd: Array<number> = []
  for (const value of values) {
    if (await isEven(value)) continue
    odd.push(await double(value))
  }
  return odd
})

export const L_33_for_concat_accumulator = workflow(async (items: ReadonlyArray<string>) => {
  let results: ReadonlyArray<string> = []
  for (const item of items) {
    const result = await process(item)
    results = [...results, result]
  }
  return results
})

export const L_34_for_counter_accumulator = workflow(async (values: ReadonlyArray<number>) => {
  let count = 0
  let total = 0
  for (const value of values) {
    if (await isEven(value)) {
      count++
      total += value
    }
  }
  return { count, total }
})

export const L_35_for_dict_accumulator = workflow(async (items: ReadonlyArray<string>) => {
  const result: Record<string, number> = {}
  for (const item of items) {
    const [key, value] = await keyAndValue(item)
    result[key] = value
  }
  return result
})

export const L_36_for_multi_accumulator = workflow(async (items: ReadonlyArray<string>) => {
  const keys: Array<string> = []
  const lengths: Array<number> = []
  for (const item of items) {
    const [key, length] = await keyAndValue(item)
    keys.push(key)
    lengths.push(length)
  }
  return { keys, lengths }
})

export const L_37_for_multiple_calls = workflow(async (items: ReadonlyArray<string>) => {
  const out: Array<{ readonly label: string; readonly value: unknown }> = []
  for (const [index, item] of items.entries()) {
    const upper = await upperCase(item)
    const result = await labelled(upper, index)
    out.push(result)
  }
  return out
})

export const L_38_for_single_accumulator = workflow(async (items: ReadonlyArray<string>) => {
  const results: Array<string> = []
  for (const item of items) {
    const result = await process(item)
    results.push(result)
  }
  return results
})

export const L_38_for_with_append = workflow(async (count: number) => {
  const results: Array<number> = []
  for (let at = 0; at < count; at++) results.push(await double(at))
  return results
})
