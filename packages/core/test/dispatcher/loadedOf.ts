/** Instances as a claim loads them: new ones, whose first step nobody has taken. */
import type { Loaded } from "../../src/queue/Queue.ts"
import { chainProgram } from "./chainMachine.ts"

export const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`

export const NOW = 5_000_000

/** What the program of all of them is; what it does is the machine's that is given to a core. */
export const file = chainProgram(["work"])

/** The n-th instance. */
export const loadedOf = (n: number, input: string, fields: Partial<Loaded> = {}): Loaded => ({
  id: idOf(n),
  epoch: 1,
  name: "one",
  program: file.hash,
  input,
  seed: "0".repeat(32),
  startedAt: NOW,
  lastSeq: 0,
  claims: 1,
  completed: false,
  snapshot: null,
  events: [],
  inbox: [],
  ...fields
})
