/**
 * What clients tell the instances of `signals`, and the plain run tells itself.
 */
import { signal } from "@rappel/core"
import { createHash } from "node:crypto"

/** By its name, it is the channel of workload/flows.ts. */
export const CHANNEL = signal<number>("number")

/** For input `n`, in this order. */
export const signalsOf = (n: number): ReadonlyArray<number> => [n, n * 3, n * 5 + 1]

/** The same at each repetition, so that it is delivered once. */
export const messageIdOf = (key: string, nth: number): string => {
  const hex = createHash("sha256").update(`${key} ${nth}`).digest("hex")
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32)
  ].join("-")
}
