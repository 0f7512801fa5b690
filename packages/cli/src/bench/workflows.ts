/**
 * What the benchmarks run. The commands copy this file into a project of its own, where it is
 * compiled and its actions are found by the workers as those of a user are.
 *
 * @since 0.1.0
 */
import { action, workflow } from "@rappel/core"

/** Every step gives its text back with a mark that only this step can make from it. */
export const mark = (text: string, step: number): string => {
  let hash = 2166136261 ^ step
  for (let i = 0; i < 32 && i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  }
  return (hash >>> 0).toString(16).padStart(8, "0") + text.slice(8)
}

export const step = action(async (text: string, index: number) => mark(text, index))

/** As many steps one after another, each with the text that the one before returned. */
export const chain = workflow(async (text: string, steps: number) => {
  let current = text
  for (let i = 0; i < steps; i++) current = await step(current, i)
  return current
})

/** As many steps at the same time, and their texts joined. */
export const fanOut = workflow(async (text: string, steps: number) => {
  const calls: Array<Promise<string>> = []
  for (let i = 0; i < steps; i++) calls.push(step(text, i))
  const texts = await Promise.all(calls)
  return texts.map((each) => each.slice(0, 8)).join("")
})
