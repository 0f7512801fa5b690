/** The workloads as a user of rappel writes them. */
import { action, workflow } from "@rappel/core"
import { mark } from "./workloads.mjs"

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
