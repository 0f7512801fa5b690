/**
 * Makes a program that shows a difference smaller, as long as it shows it.
 *
 * Nothing is known of names: a smaller program that does not run shows another difference, or
 * none, and is not taken.
 *
 * @since 0.1.0
 */
import { ex, isTree, type Part, type Tree } from "./Tree.ts"

/** What an expression of unknown surroundings may be replaced with. */
const SIMPLEST: Readonly<Record<string, string>> = {
  num: "1",
  str: "\"a\"",
  bool: "true",
  big: "1n",
  arr: "[1]",
  obj: "({ a: 1 })",
  map: "new Map()",
  set: "new Set()",
  date: "new Date(0)",
  re: "/a/g",
  typed: "new Uint8Array(1)",
  err: "new Error(\"e\")",
  prom: "echo(1)",
  fn: "((n) => n)",
  afn: "(async (n) => n)"
}

interface Place {
  readonly tree: Tree
  readonly path: ReadonlyArray<number>
}

/** All trees, the largest first: what takes most away is tried first. */
const places = (root: Tree): ReadonlyArray<Place> => {
  const found: Array<Place & { readonly size: number }> = []
  const visit = (tree: Tree, path: ReadonlyArray<number>): number => {
    let size = 1
    tree.parts.forEach((part, at) => {
      if (isTree(part)) size += visit(part, [...path, at])
    })
    found.push({ tree, path, size })
    return size
  }
  visit(root, [])
  return found.sort((a, b) => b.size - a.size)
}

const replaceAt = (root: Tree, path: ReadonlyArray<number>, by: Part): Tree => {
  const [at, ...rest] = path
  if (at === undefined) return by as Tree
  const parts = root.parts.slice()
  parts[at] = rest.length === 0 ? by : replaceAt(parts[at] as Tree, rest, by)
  return { ...root, parts }
}

/** Trees of the same role and type that stand inside of this one, nearest first. */
const within = (tree: Tree): ReadonlyArray<Tree> => {
  const found: Array<Tree> = []
  const visit = (part: Part, depth: number): void => {
    if (!isTree(part) || depth > 4 || found.length > 6) return
    if (depth > 0 && part.role === tree.role && part.type === tree.type) found.push(part)
    for (const inner of part.parts) visit(inner, depth + 1)
  }
  visit(tree, 0)
  return found
}

function* candidates(root: Tree): Generator<Tree> {
  for (const { path, tree } of places(root)) {
    if (tree.role === "list") {
      for (let length = tree.parts.length; length >= 1; length = Math.floor(length / 2)) {
        for (let from = tree.parts.length - length; from >= 0; from -= length) {
          const parts = tree.parts.filter((_, at) => at < from || at >= from + length)
          yield replaceAt(root, path, { ...tree, parts })
        }
      }
    } else if (tree.role === "expression") {
      const simplest = SIMPLEST[tree.type]
      const isSimple = tree.parts.length === 1 && typeof tree.parts[0] === "string"
      if (simplest !== undefined && !isSimple) {
        yield replaceAt(root, path, ex(`literal.${tree.type}`, tree.type)`${simplest}`)
      }
      for (const inner of within(tree)) yield replaceAt(root, path, inner)
    } else if (tree.role === "statement" && path.length > 1) {
      for (const inner of within(tree)) yield replaceAt(root, path, inner)
      // The statements of a block in the place of the whole.
      for (const part of tree.parts) {
        if (isTree(part) && part.role === "list" && part.separator === "\n") {
          yield replaceAt(root, path, { ...part, separator: " " })
        }
      }
    }
  }
}

/**
 * The smallest program found that `fails` still says yes to.
 *
 * **Units** `most` bounds the number of programs tried.
 */
export const shrink = async (
  root: Tree,
  fails: (tree: Tree) => Promise<boolean>,
  most = 3000
): Promise<Tree> => {
  let best = root
  let tried = 0
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const candidate of candidates(best)) {
      if (++tried > most) return best
      if (!await fails(candidate)) continue
      best = candidate
      isSmaller = true
      break
    }
  }
  return best
}
