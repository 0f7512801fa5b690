import { action, sleep, workflow } from "@rappel/core"

export const double = action(async (n: number) => n * 2)

/** `count` calls at once; the result shows that all of them came back, in order. */
export const fanOut = workflow(async (count: number) => {
  const ns: Array<number> = []
  for (let n = 0; n < count; n++) ns.push(n)
  const doubled = await Promise.all(ns.map((n) => double(n)))
  let inOrder = 0
  for (let n = 0; n < count; n++) if (doubled[n] === n * 2) inOrder++
  return inOrder
})

/** `count` calls one after another, in constant memory. */
export const loop = workflow(async (count: number) => {
  let inOrder = 0
  for (let n = 0; n < count; n++) if (await double(n) === n * 2) inOrder++
  return inOrder
})

/** Sleeps as long as it is told. */
export const sleeper = workflow(async (millis: number) => {
  await sleep(millis)
  return millis
})

export const last = action(async () => 1)

/** As `loop`, and a call behind it that may fail. */
export const endsWithCall = workflow(async (count: number) => {
  let sum = 0
  for (let n = 0; n < count; n++) sum += await double(n)
  return sum + await last()
})
