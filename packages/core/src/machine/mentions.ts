/**
 * What a function's own code mentions.
 *
 * @since 0.1.0
 */
import type { Code } from "./Code.ts"

/**
 * Whether one of the kinds of nodes stands in a part of a function's body. An arrow in it shares
 * `this`, `arguments` and more with the function: whether one counts is for `inArrow` to say.
 */
export const mentions = (
  tree: unknown,
  kinds: ReadonlySet<string>,
  codes: ReadonlyArray<Code>,
  inArrow: (arrow: Code) => boolean
): boolean => {
  if (typeof tree !== "object" || tree === null) return false
  const { f, t } = tree as { readonly t?: string; readonly f?: number }
  if (t !== undefined && kinds.has(t)) return true
  if (t === "Fn") return codes[f!]!.node.arrow === 1 && inArrow(codes[f!]!)
  return Object.values(tree).some((part) => mentions(part, kinds, codes, inArrow))
}
