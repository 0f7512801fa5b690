/**
 * Faults put in on purpose, one lowering or built-in each: a fuzzer that finds none of them
 * finds nothing. They stand here and change what the compiler gave or what the machine was
 * given, so that the product has no switch for them.
 *
 * @since 0.1.0
 */
import type { Machine } from "@rappel/core/machine/Model"
import type { FunctionNode, ProgramFile } from "@rappel/core/program/Program"

export interface Sabotage {
  /** What is wrong then. */
  readonly says: string
  readonly program?: (file: ProgramFile) => ProgramFile
  readonly machine?: (machine: Machine) => Machine
}

type Json = { readonly [key: string]: any }

/** Every node, innermost first, with the function that it belongs to. */
const nodes =
  (change: (node: Json, fn: { slots: number; readonly k: FunctionNode["k"] }) => Json) =>
  (file: ProgramFile): ProgramFile => {
    const visit = (value: any, fn: { slots: number; readonly k: FunctionNode["k"] }): any => {
      if (Array.isArray(value)) return value.map((each) => visit(each, fn))
      if (typeof value !== "object" || value === null) return value
      const copy: Record<string, any> = {}
      for (const [key, part] of Object.entries(value)) copy[key] = visit(part, fn)
      return change(copy, fn)
    }
    const functions = file.program.functions.map((node) => {
      const fn = { slots: node.slots, k: node.k }
      const body = visit(node.body, fn) as FunctionNode["body"]
      return { ...node, body, slots: fn.slots }
    })
    return { ...file, program: { ...file.program, functions } }
  }

const kind = (t: string, change: (node: Json) => Json) =>
  nodes((node) => node["t"] === t ? change(node) : node)

/** Takes slots at the end of the function's frame. */
const slots = (fn: { slots: number }, count: number): number => {
  fn.slots += count
  return fn.slots - count
}

/** A restored state is not the one that was written. */
const restored = (change: (snapshot: string) => string) => (machine: Machine): Machine => {
  const changed = new Map<string, string>()
  return {
    ...machine,
    // Written again it is what was read, or the byte comparison alone would find it.
    snapshot: (state) => {
      const text = machine.snapshot(state)
      return changed.get(text) ?? text
    },
    restore: (snapshot) => {
      const text = change(snapshot)
      if (text !== snapshot) changed.set(text, snapshot)
      return machine.restore(text)
    }
  }
}

/** Something is wrong while the machine takes a step. */
const stepped = (around: <A>(step: () => A) => A) => (machine: Machine): Machine => ({
  ...machine,
  start: (input) => around(() => machine.start(input)),
  apply: (state, event) => around(() => machine.apply(state, event))
})

export const sabotages: Readonly<Record<string, Sabotage>> = {
  "nullish-as-or": {
    says: "`a ?? b` is `a || b`",
    program: kind("Log", (node) => node["op"] === "??" ? { ...node, op: "||" } : node)
  },
  "default-for-null": {
    says: "a default value stands in for null, too",
    program: kind("Dflt", ({ d, e, ...node }) => ({ ...node, t: "Log", op: "??", l: e, r: d }))
  },
  "plain-continue": {
    says: "`continue label` goes on with the innermost loop",
    program: kind("Cnt", () => ({ t: "Cnt" }))
  },
  "shared-loop-variable": {
    says: "closures of all turns of a `for` share one variable",
    program: nodes((node, fn) =>
      node["t"] === "For" && node["size"] > 0
        ? {
          t: "Scope",
          size: node["size"],
          tdz: node["tdz"],
          b: { ...node, size: 0, tdz: [] },
          ...(node["s"] === undefined ? {} : { s: slots(fn, 2) })
        }
        : node
    )
  },
  "stale-slots": {
    says: "an exception leaves the slots of the abandoned block as they were",
    program: kind("Try", ({ br: _, ...node }) => node)
  },
  "finally-after-success-only": {
    says: "`finally` does not run after a return, a jump or an exception",
    program: nodes((node, fn) => {
      if (node["t"] !== "Try" || node["f"] === undefined) return node
      const { f, fr: _, ...rest } = node
      const inner = rest["c"] === undefined ? rest["b"] : rest
      return {
        t: "Blk",
        b: [inner, f],
        ...(node["s"] === undefined ? {} : { s: slots(fn, 1) })
      }
    })
  },
  "for-await-without-await": {
    says: "`for await` does not await",
    program: kind("ForOf", ({ aw: _, ...node }) => node)
  },
  "super-as-this": {
    says: "`super.method()` calls the method of `this`",
    program: kind("Super", () => ({ t: "This", p: 0 }))
  },
  "returned-promise-awaited": {
    says: "`return promise` in an async function takes as many jobs as `return await promise`",
    program: nodes((node, fn) =>
      node["t"] === "Ret" && fn.k === "async" && node["e"].t !== "Await"
        ? {
          ...node,
          e: { t: "Await", e: node["e"], s: slots(fn, 1), p: node["p"] },
          s: slots(fn, 0)
        }
        : node
    )
  },
  "no-fall-through": {
    says: "a case of a switch ends where the next begins",
    program: kind("Switch", (node) => ({
      ...node,
      cs: node["cs"].map((each: Json) => ({
        ...each,
        b: {
          t: "Blk",
          b: [each["b"], { t: "Brk" }],
          ...(each["b"].s === undefined ? {} : { s: each["b"].s })
        }
      }))
    }))
  },
  "one-line-further": {
    says: "stacks name the next line",
    program: (file) => ({
      ...file,
      positions: file.positions.map(([module, line, column]) => [module, line + 1, column])
    })
  },
  "callee-unnamed": {
    says: "messages do not name what is no function",
    program: kind("Call", (node) => ({ ...node, n: "it" }))
  },
  "numeric-sort": {
    says: "`sort()` compares numbers as numbers",
    machine: stepped((step) => {
      const { sort } = Array.prototype
      const broken = function(this: Array<any>, compare = (a: any, b: any) => a - b) {
        return Reflect.apply(sort, this, [compare]) as Array<any>
      }
      Reflect.set(Array.prototype, "sort", broken)
      try {
        return step()
      } finally {
        Reflect.set(Array.prototype, "sort", sort)
      }
    })
  },
  "zero-without-sign": {
    says: "-0 is 0 after a restore",
    machine: restored((text) => text.replaceAll(`["n","-0"]`, "0"))
  },
  "last-index-lost": {
    says: "a regular expression begins anew after a restore",
    machine: restored((text) => text.replace(/(\["r",\["(?:[^"\\]|\\.)*","\w*"),\d+\]/g, "$1,0]"))
  }
}
