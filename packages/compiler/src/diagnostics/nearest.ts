/**
 * Guesses what a misspelt name was meant to be.
 *
 * @since 0.1.0
 */

/**
 * The candidate that differs least from `name`: by one edit in short names, by up to a third of
 * the letters in others; undefined when none is that near. Letters that changed places count once.
 */
export const nearest = (name: string, candidates: Iterable<string>): string | undefined => {
  const limit = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue
    const distance = edits(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

const edits = (a: string, b: string): number => {
  let before: Array<number> = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        next[j - 1]! + 1,
        row[j]! + 1,
        row[j - 1]! + (isSame ? 0 : 1),
        isSwapped ? before[j - 2]! + 1 : Infinity
      )
    }
    before = row
    row = next
  }
  return row[b.length]!
}

/** The end of a message that asks for the nearest candidate. */
export const didYouMean = (name: string, candidates: Iterable<string>): string => {
  const found = nearest(name, candidates)
  return found === undefined ? "" : `; did you mean \`${found}\`?`
}
