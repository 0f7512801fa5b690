/**
 * Finds the flow of a program: what its entry function calls, in which order.
 *
 * Functions are followed by name through modules and closures, which is exact for
 * everything but shadowed names; a picture may be a little wrong where a run must
 * not be.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { FunctionNode, Program } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"
import { childrenOf } from "./children.ts"
import { bodyOf, Declarations, type Found, type Self } from "./Declarations.ts"
import { actionName, expressionText } from "./expressionText.ts"
import type { Call, Flow, Picture } from "./Flow.ts"

export const flowOf = (program: Program): Picture => {
  const reader = new Reader(program)
  const { m, x } = program.entry
  const entry = reader.entryFunction(m, x)
  const fn = entry === undefined ? undefined : program.functions[entry.f]
  if (entry === undefined || fn === undefined) return { title: program.name, flow: [] }
  const parameters = fn.names.slice(1, 1 + fn.len)
  const flow = reader.flowOfFunction(entry, { open: new Set(), self: entry.self })
  return { title: `${program.name}(${parameters.join(", ")})`, flow }
}

const GROUPS = new Set(["all", "allSettled", "any", "race"])

/** What a function is entered with: the functions that are open, so that recursion ends, and `this`. */
interface Entered {
  readonly open: ReadonlySet<number>
  readonly self: Self | undefined
}

/** Where the reader is. */
interface Place extends Entered {
  readonly module: number
  readonly locals: ReadonlyMap<string, number>
}

class Reader {
  readonly #program: Program
  readonly #declarations: Declarations

  constructor(program: Program) {
    this.#program = program
    this.#declarations = new Declarations(program)
  }

  /** The function that an exported workflow runs. */
  entryFunction(m: number, x: string): Found & { readonly self: Self | undefined } | undefined {
    const value = this.#declarations.exported(m, x)
    if (value === undefined) return undefined
    if (value.node.t === "Class") {
      const self = { c: value.node.c, module: value.module }
      const run = this.#declarations.method(self, "run")
      return run === undefined ? undefined : { ...run, self }
    }
    const last = value.node.t === "Call" ? value.node.a.at(-1) : undefined
    const { module } = value
    const place: Place = { module, open: new Set(), self: undefined, locals: new Map() }
    const found = last === undefined ? undefined : this.#functionOf(last, place)
    return found === undefined ? undefined : { ...found, self: undefined }
  }

  flowOfFunction({ f, module }: Found, { open, self }: Entered): Array<Flow> {
    const fn = this.#program.functions[f]
    if (fn === undefined || open.has(f)) return []
    const place: Place = { module, open: new Set(open).add(f), self, locals: localFunctions(fn) }
    return this.#statements(bodyOf(fn.body), place)
  }

  // ---- statements

  #statements(list: ReadonlyArray<Statement>, place: Place): Array<Flow> {
    return list.flatMap((node, i) => this.#statement(node, place, list.slice(i + 1)))
  }

  #statement(node: Statement, place: Place, after: ReadonlyArray<Statement>): Array<Flow> {
    switch (node.t) {
      case "Blk":
        return this.#statements(node.b, place)
      case "Scope":
      case "Lbl":
        return this.#statement(node.b, place, [])
      case "Ex":
        return this.#named(node.e, place, after)
      case "Ret":
        return [...this.#expression(node.e, place), {
          kind: "end",
          text: node.e.t === "Undef" ? "return" : `return ${this.#short(node.e)}`
        }]
      case "Throw":
        return [...this.#expression(node.e, place), {
          kind: "end",
          text: `throw ${this.#short(node.e)}`
        }]
      case "If": {
        const arms = [
          { label: "yes", body: this.#statement(node.a, place, []) },
          { label: "no", body: node.b === undefined ? [] : this.#statement(node.b, place, []) }
        ]
        return [...this.#expression(node.c, place), ...branch(this.#short(node.c), arms)]
      }
      case "Switch": {
        const arms = node.cs.map((each) => ({
          label: each.e === undefined ? "default" : this.#short(each.e),
          body: this.#statement(each.b, place, [])
        }))
        return [...this.#expression(node.d, place), ...branch(this.#short(node.d), arms)]
      }
      case "For":
        return [
          ...this.#statement(node.init, place, []),
          ...loop(node.c === undefined ? "forever" : `while ${this.#short(node.c)}`, [
            ...(node.c === undefined ? [] : this.#expression(node.c, place)),
            ...this.#statement(node.b, place, []),
            ...(node.u === undefined ? [] : this.#expression(node.u, place))
          ])
        ]
      case "While":
        return loop(`while ${this.#short(node.c)}`, [
          ...this.#expression(node.c, place),
          ...this.#statement(node.b, place, [])
        ])
      case "Do":
        return loop(`until not ${this.#short(node.c)}`, [
          ...this.#statement(node.b, place, []),
          ...this.#expression(node.c, place)
        ])
      case "ForOf":
      case "ForIn":
        return [
          ...this.#expression(node.e, place),
          ...loop(
            `for each ${node.t === "ForIn" ? "key " : ""}of ${this.#short(node.e)}`,
            [...this.#statement(node.bind, place, []), ...this.#statement(node.b, place, [])]
          )
        ]
      case "Try": {
        const body = this.#statement(node.b, place, [])
        const handler = node.c === undefined ? undefined : this.#statement(node.c.b, place, [])
        const final = node.f === undefined ? undefined : this.#statement(node.f, place, [])
        const all = [...body, ...(handler ?? []), ...(final ?? [])]
        return all.length === 0 ? [] : [{ kind: "try", body, handler, final }]
      }
      case "Brk":
        return [{ kind: "jump", text: node.l === undefined ? "break" : `break ${node.l}` }]
      case "Cnt":
        return [{ kind: "jump", text: node.l === undefined ? "continue" : `continue ${node.l}` }]
    }
  }

  /** An expression statement: the last call in it gets the name that its value is stored under. */
  #named(node: Expression, place: Place, after: ReadonlyArray<Statement>): Array<Flow> {
    const flows = this.#expression(node, place)
    const last = flows.at(-1)
    const name = node.t === "Set" ? node.n === "" ? patternNames(node.i, after) : node.n : undefined
    const isCall = last !== undefined && (last.kind === "action" || last.kind === "helper" ||
      last.kind === "wait")
    if (!isCall || name === undefined || name === "") return flows
    return [...flows.slice(0, -1), { ...last, output: name, text: `${name} = ${last.text}` }]
  }

  // ---- expressions

  #expression(node: Expression, place: Place): Array<Flow> {
    if (node.t === "Cond") {
      const arms = [
        { label: "yes", body: this.#expression(node.a, place) },
        { label: "no", body: this.#expression(node.b, place) }
      ]
      return [...this.#expression(node.c, place), ...branch(this.#short(node.c), arms)]
    }
    if (node.t === "Log" || node.t === "LogM") {
      const right = node.t === "Log" ? node.r : node.e
      const left = node.t === "Log" ? [node.l] : [node.o, node.k]
      const text = node.t === "Log" ? this.#short(node.l) : this.#short(node)
      return [
        ...left.flatMap((each) => this.#expression(each, place)),
        ...branch(text, [{ label: node.op, body: this.#expression(right, place) }])
      ]
    }
    const group = this.#group(node, place)
    if (group !== undefined) return group
    const inner = childrenOf(node).flatMap((each) => this.#expression(each, place))
    const call = this.#call(node, place)
    return call === undefined ? inner : [...inner, call]
  }

  #call(node: Expression, place: Place): Flow | undefined {
    if (node.t === "CallM" && node.o.t === "This" && node.k.t === "Lit") {
      const method = place.self === undefined
        ? undefined
        : this.#declarations.method(place.self, String(node.k.v))
      return method === undefined ? undefined : this.#helper(node, node.a, method, place)
    }
    if (node.t === "CallM") {
      const each = node.a.find((arg) => arg.t === "Fn" || arg.t === "Act")
      const body = each === undefined ? [] : this.#callback(each, place)
      return body.length === 0
        ? undefined
        : { kind: "loop", text: `each of ${this.#short(node.o)}`, body }
    }
    if (node.t !== "Call") return undefined
    const inputs = Array.from(new Set(node.a.flatMap(names)))
    const described = { inputs, output: undefined, body: [] }
    const target = withoutPolicy(node.f)
    const text = `${this.#short(target)}(${node.a.map((each) => this.#short(each)).join(", ")})`
    if (target.t === "Act") {
      return { kind: "action", name: actionName(this.#program, target.a), text, ...described }
    }
    if (target.t === "Core" && target.n === "sleep") {
      return { kind: "wait", name: "sleep", text, ...described }
    }
    const bound = this.#actionOf(target, place)
    if (bound !== undefined) {
      return { kind: "action", name: actionName(this.#program, bound), text, ...described }
    }
    if (target.t === "Core" && target.n === "runAction") {
      const body = node.a[0] === undefined ? [] : this.#callback(node.a[0], place)
      return body[0]
    }
    const fn = this.#functionOf(target, place)
    return fn === undefined ? undefined : this.#helper(node, node.a, fn, place)
  }

  /** A call of a function of the program; none when nothing that it does shows. */
  #helper(
    node: Expression,
    args: ReadonlyArray<Expression>,
    fn: Found,
    place: Place
  ): Flow | undefined {
    const isOpen = place.open.has(fn.f)
    const body = isOpen ? [] : this.flowOfFunction(fn, place)
    if (!isOpen && body.every((each) => each.kind === "end" || each.kind === "jump")) {
      return undefined
    }
    const text = this.#short(node)
    const inputs = Array.from(new Set(args.flatMap(names)))
    return { kind: "helper", name: text.split("(")[0]!, text, inputs, output: undefined, body }
  }

  /** `Promise.all([...])`, `Promise.all(xs.map(f))` and the like. */
  #group(node: Expression, place: Place): Array<Flow> | undefined {
    if (node.t !== "CallM" || node.o.t !== "Glob" || node.o.n !== "Promise") return undefined
    const name = node.k.t === "Lit" ? String(node.k.v) : ""
    const [list] = node.a
    if (!GROUPS.has(name) || list === undefined) return undefined
    const text = `Promise.${name}`
    if (list.t === "Arr") {
      const arms = list.a.map((each) => ({ label: "", body: this.#expression(each, place) }))
      return arms.some((arm) => arm.body.length > 0) ? [{ kind: "parallel", text, arms }] : []
    }
    if (list.t === "CallM") {
      const callback = list.a[0]
      const before = this.#expression(list.o, place)
      const body = callback === undefined ? [] : this.#callback(callback, place)
      const label = `each of ${this.#short(list.o)}`
      return body.length === 0
        ? before
        : [...before, { kind: "parallel", text, arms: [{ label, body }] }]
    }
    return [
      ...this.#expression(list, place),
      { kind: "parallel", text: `${text}(${this.#short(list)})`, arms: [] }
    ]
  }

  /** What a function that is passed on does, once called. */
  #callback(node: Expression, place: Place): Array<Flow> {
    const action = this.#actionOf(node, place)
    if (action !== undefined) {
      const name = actionName(this.#program, action)
      const call: Call = {
        kind: "action",
        name,
        inputs: [],
        output: undefined,
        text: name,
        body: []
      }
      return [call]
    }
    const fn = this.#functionOf(node, place)
    if (fn === undefined) return []
    const flow = this.flowOfFunction(fn, place)
    return flow.some((each) => each.kind !== "end" && each.kind !== "jump")
      ? flow.filter((each) => each.kind !== "end")
      : []
  }

  // ---- values

  #actionOf(node: Expression, place: Place): number | undefined {
    const inner = withoutPolicy(node)
    if (inner.t === "Act") return inner.a
    if (inner.t !== "Var" && inner.t !== "Imp") return undefined
    const value = inner.t === "Imp"
      ? this.#declarations.exported(inner.m, inner.x)
      : this.#declarations.topLevel(place.module, inner.n)
    if (value === undefined || place.locals.has(inner.t === "Var" ? inner.n : "")) return undefined
    const behind = withoutPolicy(value.node)
    return behind.t === "Act" ? behind.a : undefined
  }

  #functionOf(node: Expression, place: Place): Found | undefined {
    if (node.t === "Fn") return { f: node.f, module: place.module }
    if (node.t === "Var") {
      const local = place.locals.get(node.n)
      if (local !== undefined) return { f: local, module: place.module }
    }
    const value = node.t === "Imp"
      ? this.#declarations.exported(node.m, node.x)
      : node.t === "Var"
      ? this.#declarations.topLevel(place.module, node.n)
      : undefined
    if (value === undefined) return undefined
    if (value.node.t === "Fn") return { f: value.node.f, module: value.module }
    const isWorkflow = value.node.t === "Call" && value.node.f.t === "Core"
    const last = isWorkflow && value.node.t === "Call" ? value.node.a.at(-1) : undefined
    return last === undefined ? undefined : this.#functionOf(last, {
      ...place,
      module: value.module,
      locals: new Map()
    })
  }

  #short(node: Expression): string {
    const text = expressionText(this.#program, node, (f) => this.#program.functions[f]?.n || "…")
    return text.length > 60 ? `${text.slice(0, 57)}…` : text
  }
}

/** `action.with(policy)` is the action. */
const withoutPolicy = (node: Expression): Expression =>
  node.t === "CallM" && node.k.t === "Lit" && node.k.v === "with" ? withoutPolicy(node.o) : node

/** Names under which a function keeps closures. */
const localFunctions = (fn: FunctionNode): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each)
    } else if (typeof value === "object" && value !== null) {
      const node = value as Partial<Expression & { readonly t: "Set" }>
      if (node.t === "Set" && node.n !== undefined && node.n !== "" && node.e?.t === "Fn") {
        found.set(node.n, node.e.f)
      }
      for (const each of Object.values(value)) visit(each)
    }
  }
  visit(fn.body)
  return found
}

/** Variables that an expression reads. */
const names = (node: Expression): ReadonlyArray<string> => {
  if (node.t === "Var") return node.n === "" ? [] : [node.n]
  if (node.t === "Imp") return [node.x]
  return childrenOf(node).flatMap(names)
}

/** The names that the statements after a temporary's assignment take out of it: `{ id, name }`. */
const patternNames = (i: number, after: ReadonlyArray<Statement>): string | undefined => {
  const found: Array<string> = []
  for (const each of after) {
    if (each.t !== "Ex") break
    if (each.e.t === "ReqObj") continue
    const source = each.e.t === "Set" ? sourceOf(each.e.e) : undefined
    if (each.e.t !== "Set" || source === undefined || source !== i) break
    if (each.e.n !== "") found.push(each.e.n)
  }
  return found.length === 0 ? undefined : `{ ${found.join(", ")} }`
}

const sourceOf = (node: Expression): number | undefined => {
  if (node.t === "Dflt") return sourceOf(node.e)
  const object = node.t === "Get" ? node.o : node.t === "ObjRest" ? node.e : undefined
  return object?.t === "Var" ? object.i : undefined
}

const branch = (
  text: string,
  arms: ReadonlyArray<{ readonly label: string; readonly body: ReadonlyArray<Flow> }>
): Array<Flow> => arms.some((arm) => arm.body.length > 0) ? [{ kind: "branch", text, arms }] : []

const loop = (text: string, body: ReadonlyArray<Flow>): Array<Flow> =>
  body.some((each) => each.kind !== "jump") ? [{ kind: "loop", text, body }] : []
