/**
 * Workflows that start others; compiled from here when they start.
 */
import { action, Cancelled, signal, waitFor, Workflow, workflow } from "@rappel/core"

export const ledger: Array<string> = []

export const note = action(async (text: string) => {
  ledger.push(text)
  return text
})

export class Declined extends Error {
  override readonly name = "Declined"
  readonly cents: number
  constructor(cents: number) {
    super(`${cents} cents were declined`)
    this.cents = cents
  }
}

export const Go = signal<string>("go")

export const double = workflow(async (n: number) => n * 2)

export const charge = workflow(async (cents: number) => {
  await note(`charge ${cents}`)
  if (cents > 100) throw new Declined(cents)
  return { cents, at: new Date(0) }
})

export const awaits = workflow(async (cents: number) => {
  try {
    const { at, cents: charged } = await charge(cents)
    return [charged, at instanceof Date]
  } catch (error) {
    if (error instanceof Declined) return ["declined", error.cents]
    throw error
  }
})

export const lets = workflow(async (cents: number) => await charge.run(cents))

export const fanOut = workflow(async (count: number) => {
  const doubled = await Promise.all(Array.from({ length: count }, (_, n) => n).map(double))
  return doubled.reduce((sum, n) => sum + n, 0)
})

export class Tree extends Workflow {
  async run(depth: number): Promise<number> {
    if (depth === 0) return 1
    const [left, right] = await Promise.all([Tree.run(depth - 1), Tree.run(depth - 1)])
    return left + right
  }
}

/** Of all calls to it, whoever makes them, one runs at a time. */
const narrow = note.with({ queue: "narrow", limit: { concurrency: 1, key: "all" } })

/** At each level a call of the narrow queue goes before, beside and behind the child. */
export const deep = workflow(async (levels: number): Promise<number> => {
  if (levels === 0) return 0
  await narrow(`down ${levels}`)
  const [below] = await Promise.all([deep(levels - 1), narrow(`beside ${levels}`)])
  await narrow(`up ${levels}`)
  return below + 1
})

export const patient = workflow(async (name: string) => {
  await note(`${name} waits`)
  try {
    return await waitFor(Go)
  } catch (error) {
    if (error instanceof Cancelled) await note(`${name} undone: ${error.reason}`)
    throw error
  }
})

export const starts = workflow(async () => {
  const handle = await patient.start("child")
  await note(handle.id)
  await handle.signal(Go, "went")
  return await handle.result()
})

/** Ends before what it started. */
export const leaves = workflow(async () => {
  const { id } = await patient.start("left")
  return id
})

export const cancelsOne = workflow(async () => {
  const handle = await patient.start("one")
  await waitFor(Go)
  await handle.cancel("enough")
  try {
    await handle.result()
  } catch (error) {
    return error instanceof Cancelled ? error.reason : "?"
  }
})

/** Waits for one that is cancelled with it, and one that is not. */
export const holds = workflow(async () => {
  const kept = await patient.with({ cancelWithParent: false }).start("kept")
  const other = await patient.start("started")
  await note(`${kept.id} ${other.id}`)
  await patient("called")
})
