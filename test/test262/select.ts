/**
 * Which files of Test262 are asked: a rule about what a file *mentions*, never about how it
 * fares.
 */
import ts from "typescript"
import { type FrontMatter, frontMatterOf } from "./frontMatter.ts"

/**
 * `sync`, `async`: the tests proper. `reflective`: those of both kinds that look at property
 * descriptors, `Reflect` or `Function`. `negative`: code that must be refused.
 */
export type Group = "sync" | "async" | "reflective" | "negative"

export const GROUPS: ReadonlyArray<Group> = ["sync", "async", "reflective", "negative"]

export interface Selected {
  /** Relative to the folder `test` of the checkout. */
  readonly path: string
  readonly text: string
  readonly group: Group
  readonly isAsync: boolean
  readonly includes: ReadonlyArray<string>
  readonly negative: FrontMatter["negative"]
}

export type Selection =
  | { readonly test: Selected }
  /** Why the file is not asked. */
  | { readonly leftOut: string }

/** The rule in words; printed with every run. */
export const RULE = [
  "Files of Test262 that are strict scripts and stand alone:",
  "- left out by flag: noStrict, module, raw, and negative tests of another phase than parse",
  "  or runtime;",
  "- left out when the file or what it includes mentions: eval, globalThis, $262, import() or",
  "  import.meta, Proxy, weak references, shared memory, or calls Function to make code;",
  "- each is wrapped in an async function, with an await after every statement that is not",
  "  inside a nested function or class (async tests keep their top level free of awaits where",
  "  they would not pass under Node with them);",
  "- left out when Node itself does not pass it wrapped, or leaves a rejection unhandled."
]

/** Names that lead outside: to the realm, to code from text, to what no snapshot can hold. */
const OUTSIDE: ReadonlyMap<string, string> = new Map([
  ["eval", "mentions eval"],
  ["globalThis", "mentions globalThis"],
  ["$262", "mentions $262, the host's hooks"],
  ["$MAX_ITERATIONS", "tail calls"],
  ["Proxy", "mentions Proxy"],
  ...["WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry"].map((name) =>
    [name, "mentions weak references"] as const
  ),
  ...["SharedArrayBuffer", "Atomics"].map((name) => [name, "mentions shared memory"] as const)
])

/** What the harness brings itself in their place. */
const OWN_INCLUDES = new Set(["doneprintHandle.js", "compareArray.js"])

const REFLECTIVE_INCLUDES = new Set(["propertyHelper.js", "nativeFunctionMatcher.js"])

export const select = (
  path: string,
  text: string,
  include: (name: string) => string
): Selection => {
  const { flags, includes, negative } = frontMatterOf(text)
  for (const flag of ["noStrict", "module", "raw", "CanBlockIsFalse", "CanBlockIsTrue"]) {
    if (flags.has(flag)) return { leftOut: `flag ${flag}` }
  }
  if (negative !== undefined && negative.phase !== "parse" && negative.phase !== "runtime") {
    return { leftOut: `negative in phase ${negative.phase}` }
  }
  const needed = includes.filter((name) => !OWN_INCLUDES.has(name))
  // Code that does not parse has no tree to ask; what it mentions never runs.
  if (negative?.phase === "parse") {
    return { test: { path, text, group: "negative", isAsync: false, includes: needed, negative } }
  }
  const own = mentionsOf(text)
  if (own.outside !== undefined) return { leftOut: own.outside }
  let isReflective = own.isReflective
  for (const name of needed) {
    const mentioned = includeMentions(name, include)
    if (mentioned.outside !== undefined) {
      return { leftOut: `includes ${name}, which ${mentioned.outside}` }
    }
    isReflective ||= REFLECTIVE_INCLUDES.has(name)
  }
  const isAsync = flags.has("async")
  return {
    test: {
      path,
      text,
      group: isReflective ? "reflective" : isAsync ? "async" : "sync",
      isAsync,
      includes: needed,
      negative
    }
  }
}

interface Mentions {
  readonly outside: string | undefined
  readonly isReflective: boolean
}

const ofIncludes = new Map<string, Mentions>()

const includeMentions = (name: string, include: (name: string) => string): Mentions => {
  let known = ofIncludes.get(name)
  if (known === undefined) {
    known = mentionsOf(include(name))
    ofIncludes.set(name, known)
  }
  return known
}

const mentionsOf = (text: string): Mentions => {
  const source = ts.createSourceFile("test.js", text, ts.ScriptTarget.ESNext, true)
  let outside: string | undefined
  let isReflective = false
  const visit = (node: ts.Node): void => {
    if (outside !== undefined) return
    if (node.kind === ts.SyntaxKind.ImportKeyword) outside = "mentions import() or import.meta"
    if (ts.isIdentifier(node) && isReference(node)) {
      outside ??= OUTSIDE.get(node.text)
      if (node.text === "Function" || node.text === "Reflect") {
        isReflective = true
        if (node.text === "Function" && isCallee(node)) outside = "calls Function to make code"
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { outside, isReflective }
}

/** Whether an identifier stands for a variable, and is no name of a property. */
const isReference = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return !ts.isMethodDeclaration(parent)
}

const isCallee = (node: ts.Identifier): boolean => {
  const { parent } = node
  return (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === node
}
