/**
 * What nodes share that can suspend.
 *
 * @since 0.1.0
 */
import type { Evaluate } from "../Code.ts"
import type { Env, Frame, Task } from "../Frame.ts"
import { SKIPPED, SUSPENDED } from "../signals.ts"

/** Such nodes stand in functions that suspend only, so their frames are tasks. */
export const resumable = <A>(
  run: (E: Env, F: Task) => A
): (E: Env, F: Frame) => A => run as (E: Env, F: Frame) => A

/** Gives slots back. */
export const clear = (slots: Array<unknown>, from: number, to: number): void => {
  for (let at = from; at < to; at++) slots[at] = 0
}

/**
 * Evaluates operands in order and combines them; those that are done wait in slots while
 * another suspends. Slot `s` counts them, their values follow.
 */
export const operands = (
  parts: ReadonlyArray<Evaluate>,
  s: number,
  combine: (values: Array<unknown>, F: Task) => unknown
): Evaluate => {
  const { length } = parts
  const end = s + 1 + length
  return resumable((E, F) => {
    const S = F.slots
    for (let at = S[s] as number; at < length; at++) {
      const value = parts[at]!(E, F)
      if (value === SUSPENDED) {
        S[s] = at
        return value
      }
      if (value === SKIPPED) {
        clear(S, s, end)
        return value
      }
      S[s + 1 + at] = value
    }
    const values = S.slice(s + 1, end)
    clear(S, s, end)
    return combine(values, F)
  })
}
