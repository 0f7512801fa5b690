/**
 * A generated program as a tree: what can be left out of it, and in what place a part may
 * stand for the whole, is known without parsing it.
 *
 * @since 0.1.0
 */

/** What an expression gives, as far as the generator knows; "" for what is no expression. */
export type Type =
  | ""
  | "num"
  | "str"
  | "bool"
  | "big"
  | "arr"
  | "obj"
  | "map"
  | "set"
  | "date"
  | "re"
  | "typed"
  | "err"
  | "prom"
  | "fn"
  | "afn"
  | "gen"
  | "agen"
  | "inst"
  | "cls"

/** Syntax of TypeScript alone: the plain run has as many blanks in its place. */
export interface Erased {
  readonly ts: string
}

export type Part = string | Tree | Erased

export interface Tree {
  /** Name of the construct, for the table of what was covered. */
  readonly kind: string
  readonly role: "expression" | "statement" | "list" | "other"
  readonly type: Type
  readonly parts: ReadonlyArray<Part>
  /** Between the parts of a list, each of which may be left out. */
  readonly separator?: string
}

export const isTree = (part: Part): part is Tree => typeof part === "object" && "parts" in part

const woven = (
  strings: ReadonlyArray<string>,
  values: ReadonlyArray<Part | number>
): ReadonlyArray<Part> =>
  strings.flatMap((text, at) => {
    const value = values[at]
    if (value === undefined) return text === "" ? [] : [text]
    return [text, typeof value === "number" ? String(value) : value]
  })

type Weave = (strings: ReadonlyArray<string>, ...values: ReadonlyArray<Part | number>) => Tree

/** `ex("bin.add", "num")` followed by a template: an expression of these parts. */
export const ex = (kind: string, type: Type): Weave => (strings, ...values) => ({
  kind,
  role: "expression",
  type,
  parts: woven(strings, values)
})

export const st = (kind: string): Weave => (strings, ...values) => ({
  kind,
  role: "statement",
  type: "",
  parts: woven(strings, values)
})

/** Neither: a member of a class, a property, a case of a switch. */
export const other = (kind: string): Weave => (strings, ...values) => ({
  kind,
  role: "other",
  type: "",
  parts: woven(strings, values)
})

export const list = (separator: string, parts: ReadonlyArray<Part>): Tree => ({
  kind: "",
  role: "list",
  type: "",
  parts,
  separator
})

/** Statements, one a line. */
export const lines = (parts: ReadonlyArray<Part>): Tree => list("\n", parts)

/** The source, for the compiler or as the JavaScript that Node runs; the same positions in both. */
export const print = (tree: Tree, as: "typescript" | "javascript"): string => {
  let out = ""
  let depth = 0
  const write = (part: Part): void => {
    if (typeof part === "string") {
      out += part
      return
    }
    if (!isTree(part)) {
      out += as === "typescript" ? part.ts : " ".repeat(part.ts.length)
      return
    }
    const { parts, separator } = part
    if (separator !== "\n") {
      parts.forEach((each, at) => {
        if (at > 0 && separator !== undefined) out += separator
        write(each)
      })
      return
    }
    const isOutermost = out === ""
    if (!isOutermost) depth++
    for (const each of parts) {
      if (out !== "") out += `\n${"  ".repeat(depth)}`
      write(each)
    }
    if (!isOutermost) {
      depth--
      out += `\n${"  ".repeat(depth)}`
    }
  }
  write(tree)
  return `${out}\n`
}

/**
 * Whether TypeScript would take the operator for the beginning of type arguments: it refuses
 * `a < (b > (c))`, which JavaScript compares.
 */
export const opensTypeArguments = (operator: string, right: Tree): boolean =>
  (operator === "<" || operator === "<<") && /(?<![=>])>\s*[(`]/.test(print(right, "typescript"))

/** Every tree within, itself first. */
export const walk = (tree: Tree, visit: (tree: Tree) => void): void => {
  visit(tree)
  for (const part of tree.parts) if (isTree(part)) walk(part, visit)
}
