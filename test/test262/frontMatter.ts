/**
 * Reads the comment that every file of Test262 opens with: what the test needs, and what is
 * to come of it. Its YAML uses few forms, which are read here.
 */

export interface FrontMatter {
  readonly flags: ReadonlySet<string>
  readonly includes: ReadonlyArray<string>
  /** The error that the test must end with. */
  readonly negative: { readonly phase: string; readonly type: string } | undefined
}

export const frontMatterOf = (text: string): FrontMatter => {
  const yaml = /\/\*---\r?\n?([^]*?)---\*\//.exec(text)?.[1]?.replace(/\r\n?/g, "\n") ?? ""
  const negative = blockOf(yaml, "negative")
  return {
    flags: new Set(listOf(yaml, "flags")),
    includes: listOf(yaml, "includes"),
    negative: negative === undefined
      ? undefined
      : { phase: valueOf(negative, "phase"), type: valueOf(negative, "type") }
  }
}

/** `key: [a, b]`, or a list with a dash per line. */
const listOf = (yaml: string, key: string): ReadonlyArray<string> => {
  const inline = new RegExp(`^${key}:[ \\t]*\\[([^\\]]*)\\]`, "m").exec(yaml)?.[1]
  if (inline !== undefined) {
    return inline.split(",").map((item) => item.trim()).filter((item) => item !== "")
  }
  return Array.from(
    (blockOf(yaml, key) ?? "").matchAll(/^\s*-\s*(\S+)/gm),
    ([, item]) => item!
  )
}

const blockOf = (yaml: string, key: string): string | undefined =>
  new RegExp(`^${key}:[ \\t]*\\n((?:[ \\t]+.*(?:\\n|$))+)`, "m").exec(yaml)?.[1]

const valueOf = (block: string, key: string): string =>
  new RegExp(`^\\s*${key}:\\s*(\\S+)`, "m").exec(block)?.[1] ?? ""
