/**
 * How much work matching may be, from the pattern's text alone.
 *
 * Every quantifier may end at any character, every optional part and alternative doubles the
 * ways; a repeated group that itself repeats or chooses has no bound worth naming. The bound is
 * crude and errs upwards: what it calls cheap is cheap, the rest is matched under guard.
 *
 * Source: R. Cox, "Regular Expression Matching Can Be Simple And Fast", 2007.
 *
 * @since 0.1.0
 */

interface Shape {
  /** Parts that may match any number of characters. */
  repeats: number
  /** Ways that do not depend on the text, as a power of two. */
  choices: number
  isNested: boolean
}

const QUANTIFIER = /^(?:[*+]|\{(\d+)(,(\d*))?\})\??/
const BACKREFERENCE = /^\\(?:[1-9]|k<)/

const skipClass = (source: string, from: number): number => {
  let depth = 1
  let at = from + 1
  while (at < source.length && depth > 0) {
    if (source[at] === "\\") at++
    else if (source[at] === "]") depth--
    at++
  }
  return at
}

const shapeOf = (source: string): Shape => {
  const shape: Shape = { repeats: 0, choices: 0, isNested: false }
  const groups: Array<{ readonly repeats: number; readonly choices: number }> = []
  let at = 0
  while (at < source.length) {
    const character = source[at]!
    let inner = false
    if (character === "\\") {
      if (BACKREFERENCE.test(source.slice(at, at + 3))) shape.repeats++
      at += 2
    } else if (character === "[") at = skipClass(source, at)
    else if (character === "(") {
      groups.push({ repeats: shape.repeats, choices: shape.choices })
      at++
      const opening = /^\?(?:[:=!]|<[=!]|<[^>]*>)/.exec(source.slice(at, at + 64))
      if (opening !== null) at += opening[0].length
      continue
    } else if (character === ")") {
      const before = groups.pop()
      inner = before !== undefined &&
        (shape.repeats > before.repeats || shape.choices > before.choices)
      at++
    } else if (character === "|") {
      shape.choices++
      at++
      continue
    } else at++
    if (source[at] === "?") {
      shape.choices++
      at++
      continue
    }
    const quantifier = QUANTIFIER.exec(source.slice(at, at + 32))
    if (quantifier === null) continue
    at += quantifier[0].length
    const [, least, range, most] = quantifier
    const isOnce = least === "1" && (range === undefined || most === "1")
    if (isOnce) continue
    if (inner) shape.isNested = true
    // `{3}` takes what it must and offers no choice.
    if (least === undefined || range !== undefined) shape.repeats++
  }
  return shape
}

const shapes = new Map<string, Shape>()

/** Patterns that are made at run time must not fill the table. */
const SHAPES_KEPT = 1000

/** An upper bound of the steps that matching takes, `Infinity` where there is none. */
export const patternWork = (source: string, length: number): number => {
  let shape = shapes.get(source)
  if (shape === undefined) {
    if (shapes.size >= SHAPES_KEPT) shapes.clear()
    shape = shapeOf(source)
    shapes.set(source, shape)
  }
  if (shape.isNested) return Infinity
  return (length + 1) ** (shape.repeats + 1) * 2 ** shape.choices
}
