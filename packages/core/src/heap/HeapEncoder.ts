/**
 * Walks a graph of values and writes its nodes.
 *
 * A work list instead of recursion: an object gets its number when it is met, and its
 * node when its turn comes, so the depth of a graph costs no stack.
 *
 * A node is `[tag, data]` or `[tag, data, more]`:
 *
 * - `o` plain object, `a` array, `A` sparse array (its length), `y` symbol, `u` nothing;
 * - the kinds of `kinds/`; `@…` the host's own, of any length.
 *
 * @since 0.1.0
 */
import { classNameOf } from "./className.ts"
import type { Edge, HeapHost, HeapWriter } from "./HeapHost.ts"
import type { Json } from "./Json.ts"
import type { KindWriter } from "./kinds/Kind.ts"
import { builtinNames, findKind, type Found, kindOfPrototype } from "./kinds/kindOf.ts"
import { lostClassOf } from "./lostClass.ts"
import { NotStorable } from "./NotStorable.ts"
import { attributesOf, attributesWhen, type Closure, closureOf, type More } from "./properties.ts"
import { WELL_KNOWN_NAMES } from "./symbols.ts"

/** Arrays that are longer than this and mostly holes are kept by index. */
const SPARSE_FROM = 64

/** Up to this length an array is searched for properties that are not enumerable. */
const SEARCHED_UP_TO = 32

/** What stands in a node for a refused value that the host replaces. */
const NOTHING: Json = ["u"]

export class HeapEncoder implements KindWriter, HeapWriter {
  readonly #host: HeapHost
  readonly #numbers = new Map<unknown, number>()
  readonly #met: Array<unknown> = []
  readonly #nodes: Array<Json> = []
  readonly #holders: Array<number> = []
  readonly #edges: Array<Edge> = []
  /** The numbers of arrays that have nothing but their items, in order, and the next of them. */
  readonly #lists: Array<number> = []
  #nextList = 0
  /** Made when there is something to keep, which most heaps do not have. */
  #kinds: Map<object | null, Found | undefined> | undefined = undefined
  #notes: Map<() => object, object> | undefined = undefined
  #ends: Array<() => void> | undefined = undefined
  /** The number of the object whose node is being written; -1 for the roots. */
  #holder = -1

  readonly inheritedErrorText: boolean
  readonly visibleBytesOnly: boolean

  constructor(host: HeapHost) {
    this.#host = host
    this.inheritedErrorText = host.inheritedErrorText === true
    this.visibleBytesOnly = host.visibleBytesOnly === true
  }

  /** Writes all nodes that are due and gives the heap. */
  finish(): ReadonlyArray<Json> {
    this.#drain()
    while (this.#ends !== undefined) {
      const ends = this.#ends
      this.#ends = undefined
      for (const end of ends) end()
      this.#drain()
    }
    return this.#nodes
  }

  #drain(): void {
    for (let at = this.#nodes.length; at < this.#met.length; at++) {
      this.#holder = at
      const met = this.#met[at]
      if (at === this.#lists[this.#nextList]) {
        this.#nextList++
        this.#nodes.push(this.#list(met as ReadonlyArray<unknown>))
      } else {
        // A reserved part has no value: its node comes at the end.
        this.#nodes.push(met === undefined ? null : this.#node(met))
      }
    }
  }

  readonly val = (value: unknown, edge?: Edge): Json => {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : ["n", Object.is(value, -0) ? "-0" : String(value)]
      case "undefined":
        return NOTHING
      case "bigint":
        return ["b", String(value)]
      case "symbol":
        return this.#symbol(value, edge)
      default:
        return value === null ? null : [this.#reference(value, edge)]
    }
  }

  readonly list = (array: ReadonlyArray<unknown>): Json => {
    const known = this.#numbers.get(array)
    if (known !== undefined) return [known]
    const number = this.#meet(array, undefined)
    this.#lists.push(number)
    return [number]
  }

  #list(array: ReadonlyArray<unknown>): Json {
    const { length } = array
    const data: Array<Json> = []
    for (let at = 0; at < length; at++) {
      const item = array[at]
      data.push(at === 0 && Array.isArray(item) ? this.list(item) : this.val(item, at))
    }
    return ["a", data]
  }

  #reference(value: unknown, edge: Edge): number {
    return this.#numbers.get(value) ?? this.#meet(value, edge)
  }

  #meet(value: unknown, edge: Edge): number {
    const number = this.#met.length
    this.#numbers.set(value, number)
    this.#met.push(value)
    this.#holders.push(this.#holder)
    this.#edges.push(edge)
    return number
  }

  #symbol(symbol: symbol, edge: Edge): Json {
    const name = WELL_KNOWN_NAMES.get(symbol)
    if (name !== undefined) return ["S", name]
    const key = Symbol.keyFor(symbol)
    if (key !== undefined) return ["s", key]
    const own = this.#host.encodeSymbol?.(symbol)
    if (own !== undefined) return ["t", own]
    if (this.#host.uniqueSymbols === true) return [this.#reference(symbol, edge)]
    return this.#refuse(symbol, this.#path(this.#holder, edge), "use Symbol.for(\"…\")")
  }

  #node(value: unknown): Json {
    if (typeof value === "symbol") return ["y", value.description ?? null]
    const object = value as object
    const own = this.#host.encode?.(object, this)
    if (own !== undefined) return own
    if (typeof value === "function") {
      return this.#refuse(value, this.#path(this.#holder), "pass data, or call it before")
    }
    if (Array.isArray(object)) return this.#array(object)
    const prototype = Object.getPrototypeOf(object) as object | null
    if (prototype === Object.prototype) return this.#plain(object, undefined)
    const found = this.#kind(prototype)
    return found !== undefined && found.kind.is(object)
      ? this.#builtin(object, prototype, found)
      : this.#prototyped(object, prototype)
  }

  #kind(prototype: object | null): Found | undefined {
    const direct = kindOfPrototype(prototype)
    if (direct !== undefined) return direct
    const kinds = this.#kinds ??= new Map()
    let found = kinds.get(prototype)
    if (found === undefined && !kinds.has(prototype)) {
      found = findKind(prototype)
      kinds.set(prototype, found)
    }
    return found
  }

  #prototyped(object: object, prototype: object | null): Json {
    const p = this.#prototype(object, prototype)
    return p === undefined ? this.#refuseInstance(object) : this.#plain(object, p)
  }

  #builtin(
    object: object,
    prototype: object | null,
    { kind, name, prototype: usual }: Found
  ): Json {
    const remedy = kind.remedy?.(object)
    if (remedy !== undefined) return this.#refuse(object, this.#path(this.#holder), remedy)
    const lost = kind.tag === "e" ? lostClassOf(object) : undefined
    // Where names mean the same everywhere, the class that was lost is the class.
    const isNamed = lost !== undefined && this.#host.isNamed !== undefined
    const p = isNamed
      ? [lost]
      : prototype === usual
      ? undefined
      : this.#prototype(object, prototype)
    if (prototype !== usual && p === undefined) return this.#refuseInstance(object)
    const data = kind.write(object, name, this)
    const closure = closureOf(object)
    const k = prototype === usual && kind.skipsProperties?.(object) === true
      ? []
      : this.#entries(object, closure, (key) => kind.implies?.(object, key) === true)
    return node(kind.tag, data, p, k, closure, isNamed ? undefined : lost)
  }

  #prototype(object: object, prototype: object | null): Json | undefined {
    if (prototype === null) return 0
    const name = builtinNames.get(prototype)
    if (name !== undefined) return name
    const own = this.#host.encodePrototype?.(prototype, object, this)
    return own === undefined ? undefined : [own]
  }

  /** Properties that are as assigned stand in a JSON object; else all of them are entries. */
  #plain(object: object, p: Json | undefined): Json {
    const closure = closureOf(object)
    const usual = attributesWhen(closure)
    const data: Record<string, Json> = {}
    const keys = Reflect.ownKeys(object)
    for (const key of keys) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!
      if (
        typeof key === "symbol" || key === "__proto__" || !("value" in descriptor) ||
        attributesOf(descriptor) !== usual
      ) return node("o", {}, p, this.#entries(object, closure), closure)
      data[key] = this.val(descriptor.value, key)
    }
    return node("o", data, p, [], closure)
  }

  #array(array: ReadonlyArray<unknown>): Json {
    const prototype = Object.getPrototypeOf(array) as object | null
    const p = prototype === Array.prototype
      ? undefined
      : this.#prototype(array as object, prototype)
    if (prototype !== Array.prototype && p === undefined) {
      return this.#refuseInstance(array as object)
    }
    const { value: length, writable } = Object.getOwnPropertyDescriptor(array, "length")!
    const closed = closureOf(array)
    // V8 calls an empty array frozen as soon as it is closed, though its length can be written.
    const closure = closed === 3 && writable === true ? 2 : closed
    const isUsualLength = writable === (closure !== 3)
    const implied = (key: PropertyKey) => key === "length" && isUsualLength
    const sparse = () =>
      node("A", length as number, p, this.#entries(array, closure, implied), closure)
    if (length > SPARSE_FROM && Object.values(array).length < length / 2) return sparse()
    const usual = attributesWhen(closure)
    const data: Array<Json> = []
    let present = 0
    for (let at = 0; at < length; at++) {
      const descriptor = Object.getOwnPropertyDescriptor(array, at)
      if (descriptor === undefined) data.push(["h"])
      else {
        if (!("value" in descriptor) || attributesOf(descriptor) !== usual) return sparse()
        present++
        data.push(this.val(descriptor.value, at))
      }
    }
    // A list of the keys makes a text of every index, so long arrays are spared it.
    const mayHaveMore = !isUsualLength || (length <= SEARCHED_UP_TO
      ? Reflect.ownKeys(array).length > present + 1
      : Object.values(array).length > present || Object.getOwnPropertySymbols(array).length > 0)
    const k = mayHaveMore
      ? this.#entries(array, closure, (key) => implied(key) || isIndex(key, length as number))
      : []
    return node("a", data, p, k, closure)
  }

  #entries(
    object: object,
    closure: Closure,
    skip?: (key: PropertyKey) => boolean
  ): Array<Json> {
    const usual = attributesWhen(closure)
    const entries: Array<Json> = []
    for (const key of Reflect.ownKeys(object)) {
      if (skip?.(key) === true) continue
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!
      const name = typeof key === "symbol" ? this.#symbol(key, `[${String(key)}]`) : key
      // The symbol was refused and the host said to leave it out.
      if (name === NOTHING) continue
      const edge = typeof key === "symbol" ? `[${String(key)}]` : key
      const attributes = attributesOf(descriptor)
      if (!("value" in descriptor)) {
        entries.push([
          name,
          this.val(descriptor.get, `get ${edge}`),
          attributes,
          this.val(descriptor.set, `set ${edge}`)
        ])
      } else {
        const value = this.val(descriptor.value, edge)
        entries.push(attributes === usual ? [name, value] : [name, value, attributes])
      }
    }
    return entries
  }

  readonly properties = (object: object, skip?: (key: PropertyKey) => boolean): Json => {
    const x = closureOf(object)
    const k = this.#entries(object, x, skip)
    return { ...(k.length > 0 ? { k } : {}), ...(x === 0 ? {} : { x }) }
  }

  reserve(part: object): number {
    const number = this.#reference(part, undefined)
    this.#met[number] = undefined
    return number
  }

  numberOf(object: object): number | undefined {
    return this.#numbers.get(object)
  }

  setNode(number: number, node: Json): void {
    this.#nodes[number] = node
  }

  atEnd(run: () => void): void {
    ;(this.#ends ??= []).push(run)
  }

  notes<A extends object>(make: () => A): A {
    const all = this.#notes ??= new Map()
    let notes = all.get(make)
    if (notes === undefined) all.set(make, notes = make())
    return notes as A
  }

  #refuseInstance(object: object): Json {
    return this.#refuse(
      object,
      this.#path(this.#holder),
      "return plain data, or an instance of an exported class that the workflow uses"
    )
  }

  #refuse(value: unknown, path: string, remedy: string): Json {
    const refusal = new NotStorable(path, classNameOf(value), remedy)
    if (this.#host.replaces?.(refusal) === true) return NOTHING
    throw refusal
  }

  /** The way from the roots to a holder, then along one more edge. */
  #path(holder: number, last?: Edge): string {
    let path = ""
    for (let at = holder, edge = last;; edge = this.#edges[at], at = this.#holders[at]!) {
      if (typeof edge === "object") return edge.variable + path
      if (edge !== undefined) path = step(edge, this.#met[at]) + path
      if (at < 0) return path.startsWith(".") ? path.slice(1) : path
    }
  }
}

const isIndex = (key: PropertyKey, length: number): boolean =>
  typeof key === "string" && /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < length

const step = (edge: string | number, holder: unknown): string => {
  if (typeof edge === "number") return holder instanceof Map ? entry(holder, edge) : `[${edge}]`
  if (edge.startsWith("[")) return edge
  return /^(?:[gs]et )?[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(edge)
    ? `.${edge}`
    : `[${JSON.stringify(edge)}]`
}

/** Items of a map are numbered key, value, key, value. */
const entry = (map: ReadonlyMap<unknown, unknown>, edge: number): string => {
  const at = edge >> 1
  if (edge % 2 === 0) return `.keys()[${at}]`
  const key = Array.from(map.keys())[at]
  return typeof key === "string" || typeof key === "number"
    ? `.get(${JSON.stringify(key)})`
    : `.values()[${at}]`
}

const node = (
  tag: string,
  data: Json,
  p: Json | undefined,
  k: ReadonlyArray<Json>,
  x: Closure,
  c?: Json
): Json => {
  if (p === undefined && k.length === 0 && x === 0 && c === undefined) return [tag, data]
  const more: More = {
    ...(p === undefined ? {} : { p }),
    ...(k.length === 0 ? {} : { k }),
    ...(x === 0 ? {} : { x }),
    ...(c === undefined ? {} : { c })
  }
  return [tag, data, more as Json]
}
