/**
 * Names of the variables in environments, for the paths of refusals. Worked out from the
 * program when a snapshot is refused, so nothing is kept for it at run time.
 *
 * @since 0.1.0
 */
import type { ClassExpression } from "../../program/Expression.ts"
import type { Code, LoadedProgram } from "../Code.ts"

/** Names of an environment by index, then those of the environments outside. */
export type Chain = ReadonlyArray<ReadonlyArray<string>>

interface Found {
  /** By function: where its closures are made, its own environment first. */
  readonly chains: Map<number, Chain>
  /** By function: slots that hold environments. */
  readonly slots: Map<number, Map<number, Chain>>
}

const cache = new WeakMap<LoadedProgram, Found>()

const foundOf = (program: LoadedProgram): Found => {
  let found = cache.get(program)
  if (found === undefined) {
    found = { chains: new Map(), slots: new Map() }
    cache.set(program, found)
    for (const { f } of program.program.modules) visitFunction(program, found, f, [])
  }
  return found
}

export const chainOf = (code: Code): Chain =>
  foundOf(code.program).chains.get(code.program.codes.indexOf(code)) ?? []

/** Of the environment that a closure of this function closes over. */
export const outerChainOf = (code: Code): Chain => chainOf(code).slice(1)

export const slotChains = (code: Code): ReadonlyMap<number, Chain> =>
  foundOf(code.program).slots.get(code.program.codes.indexOf(code)) ?? new Map<number, Chain>()

/** Of the environment of a class's members. */
export const classChainOf = (program: LoadedProgram, index: number): Chain => {
  const { ctor, members } = program.program.classes[index]!
  const member = ctor ?? members.find(({ f }) => f !== undefined)?.f
  return member === undefined ? [] : outerChainOf(program.codes[member]!)
}

const visitFunction = (
  program: LoadedProgram,
  found: Found,
  index: number,
  outer: Chain
): void => {
  if (found.chains.has(index)) return
  const { body, names } = program.codes[index]!.node
  const chain = [names, ...outer]
  const slots = new Map<number, Chain>()
  found.chains.set(index, chain)
  found.slots.set(index, slots)
  visit(program, found, slots, body, chain)
}

interface Node {
  readonly t?: string
  readonly s?: number
  readonly size?: number
  readonly [part: string]: unknown
}

/** Where kinds of nodes with an environment of their own keep it, from their first slot on. */
const ENV_SLOT: Readonly<Record<string, number>> = {
  Scope: 1,
  For: 1,
  ForOf: 2,
  ForIn: 2,
  Switch: 3,
  Class: 1
}

/** Parts of a node that are evaluated outside of its environment. */
const OUTSIDE: Readonly<Record<string, ReadonlyArray<string>>> = {
  ForOf: ["e"],
  ForIn: ["e"],
  Switch: ["d"]
}

const visit = (
  program: LoadedProgram,
  found: Found,
  slots: Map<number, Chain>,
  tree: unknown,
  chain: Chain
): void => {
  if (typeof tree !== "object" || tree === null) return
  if (Array.isArray(tree)) {
    for (const part of tree) visit(program, found, slots, part, chain)
    return
  }
  const node = tree as Node
  const { d, i, n, s, size = 0, t } = node
  if ((t === "Var" || t === "Set" || t === "Upd") && typeof n === "string") {
    note(chain, d as number, i as number, n)
  }
  if (t === "Fn") visitFunction(program, found, node["f"] as number, chain)
  // The handler of a `try` has no kind of its own; its slot is the third of the `try`.
  const inner = size > 0 && (t !== undefined || "exc" in node) ? [[], ...chain] : chain
  if (inner !== chain && s !== undefined) slots.set(s + (ENV_SLOT[t!] ?? 0), inner)
  const outside = OUTSIDE[t ?? ""] ?? []
  for (const [key, part] of Object.entries(node)) {
    if (t === "Try" && key === "c" && part !== undefined) {
      const handler = part as Node
      const own = (handler.size ?? 0) > 0 ? [[], ...chain] : chain
      if (own !== chain && s !== undefined) slots.set(s + 2, own)
      visit(program, found, slots, handler["b"], own)
    } else visit(program, found, slots, part, outside.includes(key) ? chain : inner)
  }
  if (t === "Class") {
    const { c } = node as unknown as ClassExpression
    const { ctor, members } = program.program.classes[c]!
    for (const f of [ctor, ...members.map((member) => member.f)]) {
      if (f !== undefined) visitFunction(program, found, f, inner)
    }
  }
}

/** Blocks do not list their variables; the nodes that use them name them. */
const note = (chain: Chain, depth: number, index: number, name: string): void => {
  const names = chain[depth] as Array<string> | undefined
  if (names !== undefined && name !== "" && !names[index]) names[index] = name
}
