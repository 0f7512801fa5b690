/**
 * Makes the objects of a heap, in three rounds: shells, contents, and closing.
 *
 * @since 0.1.0
 */
import type { HeapHost, HeapReader, HostNode } from "./HeapHost.ts"
import type { Json } from "./Json.ts"
import type { Kind } from "./kinds/Kind.ts"
import { builtinPrototypes, kindOfTag } from "./kinds/kindOf.ts"
import { rememberClass } from "./lostClass.ts"
import { attributesWhen, close, type Closure, descriptorOf, type More } from "./properties.ts"
import { WELL_KNOWN } from "./symbols.ts"

type Node = readonly [tag: string, data: Json, more?: More]

/** A text that no encoder wrote, or one of a later release. */
export const malformed = (what: string): TypeError => new TypeError(`Not a stored value: ${what}`)

/** In the place of an object that is not there yet. */
const UNMADE = Symbol("unmade")
const MAKING = Symbol("making")

const NO_MORE: More = {}

export class HeapDecoder implements HeapReader {
  readonly #host: HeapHost
  readonly #nodes: ReadonlyArray<Json>
  readonly #objects: Array<unknown>
  readonly #closing: Array<readonly [object: object, closure: Closure]> = []
  readonly #finishing: Array<() => void> = []

  constructor(nodes: ReadonlyArray<Json>, host: HeapHost) {
    this.#host = host
    this.#nodes = nodes
    this.#objects = (nodes.slice() as Array<unknown>).fill(UNMADE)
  }

  /** Makes and fills every object. */
  decode(): void {
    for (let at = 0; at < this.#nodes.length; at++) this.#get(at)
    for (let at = 0; at < this.#nodes.length; at++) this.#fill(at)
    for (const finish of this.#finishing) finish()
    for (const [object, closure] of this.#closing) close(object, closure)
  }

  readonly val = (json: Json): unknown => {
    if (typeof json !== "object" || json === null) return json
    const item = json as ReadonlyArray<Json>
    const tag = item[0]
    if (typeof tag === "number") return this.#get(tag)
    switch (tag) {
      case "u":
        return undefined
      case "n":
        return item[1] === "-0" ? -0 : Number(item[1])
      case "b":
        return BigInt(item[1] as string)
      case "s":
      case "S":
      case "t":
        return this.#symbol(item)
      default:
        throw malformed(`value ${JSON.stringify(json)}`)
    }
  }

  #symbol(item: ReadonlyArray<Json>): symbol {
    const [tag, name] = item
    const symbol = tag === "s"
      ? Symbol.for(name as string)
      : tag === "S"
      ? WELL_KNOWN.get(name as string)
      : this.#host.decodeSymbol?.(name!)
    if (symbol === undefined) throw malformed(`symbol ${JSON.stringify(item)}`)
    return symbol
  }

  #get(at: number): unknown {
    const made = this.#objects[at]
    if (made === MAKING) throw malformed(`node ${at} is needed to make itself`)
    if (made !== UNMADE) {
      if (made === undefined && this.#nodes[at] === undefined) {
        throw malformed(`there is no node ${at}`)
      }
      return made
    }
    this.#objects[at] = MAKING
    const object = this.#shell(this.#nodes[at] as Node)
    this.#objects[at] = object
    return object
  }

  #shell(node: Node): unknown {
    const [tag, data, more] = node
    switch (tag) {
      case "o":
      case "a":
        // The parsed JSON becomes the object itself; its values are set in the second round.
        return this.#withPrototype(data as object, more, false)
      case "A":
        return this.#withPrototype(Object.assign([], { length: data }), more, false)
      case "y":
        return Symbol(data === null ? undefined : data as string)
      case "u":
        return undefined
      default: {
        if (tag.startsWith("@")) {
          if (this.#host.shell === undefined) throw malformed(`${tag} is unknown here`)
          return this.#host.shell(node as unknown as HostNode, this)
        }
        const kind = kindOf(tag)
        return this.#withPrototype(kind.make(data, this), more, tag === "e")
      }
    }
  }

  #withPrototype(object: object, more: More | undefined, isError: boolean): object {
    if (more === undefined) return object
    const { c, p } = more
    if (Array.isArray(p)) this.#named(object, (p as ReadonlyArray<Json>)[0]!, isError)
    else if (p !== undefined) {
      Object.setPrototypeOf(object, p === 0 ? null : builtinPrototype(p as string))
    }
    if (c !== undefined) rememberClass(object, c)
    return object
  }

  #named(object: object, name: Json, isError: boolean): void {
    const { decodePrototype, isNamed } = this.#host
    const prototype = decodePrototype?.(name, isError, this)
    if (prototype !== undefined) Object.setPrototypeOf(object, prototype)
    if (!isError || isNamed === undefined) return
    if (prototype === undefined || !isNamed(prototype, name)) rememberClass(object, name)
  }

  #fill(at: number): void {
    const node = this.#nodes[at] as Node
    const [tag, data, more = NO_MORE] = node
    const object = this.#objects[at] as object
    switch (tag) {
      case "o":
        this.#fillPlain(object as Record<string, unknown>)
        break
      case "a":
        this.#fillArray(object as Array<unknown>)
        break
      case "A":
        break
      case "y":
      case "u":
        return
      default: {
        if (tag.startsWith("@")) {
          this.#host.fill?.(object, node as unknown as HostNode, this)
          return
        }
        const kind = kindOf(tag)
        kind.fill?.(object, data, this)
        if (kind.finish !== undefined) {
          const { finish } = kind
          this.#finishing.push(() => finish(object, data))
        }
      }
    }
    this.#more(object, more)
  }

  #fillPlain(object: Record<string, unknown>): void {
    for (const key of Object.keys(object)) {
      const value = object[key]
      if (typeof value === "object" && value !== null) object[key] = this.val(value as Json)
    }
  }

  #fillArray(array: Array<unknown>): void {
    for (let at = 0; at < array.length; at++) {
      const value = array[at]
      if (typeof value !== "object" || value === null) continue
      if ((value as ReadonlyArray<Json>)[0] === "h") delete array[at]
      else array[at] = this.val(value as Json)
    }
  }

  #more(object: object, { k = [], x = 0 }: More): void {
    const usual = attributesWhen(x)
    for (const entry of k as ReadonlyArray<ReadonlyArray<Json>>) {
      const [name, value, attributes = usual] = entry as [Json, Json, number?]
      const key = typeof name === "string" ? name : this.val(name!) as symbol
      Object.defineProperty(
        object,
        key,
        entry.length === 4
          ? descriptorOf(attributes, { get: this.val(value), set: this.val(entry[3]!) })
          : descriptorOf(attributes, { value: this.val(value) })
      )
    }
    if (x !== 0) this.#closing.push([object, x])
  }

  readonly defineProperties = (object: object, properties: Json): void => {
    this.#more(object, properties as More)
  }
}

const builtinPrototype = (name: string): object => {
  const prototype = builtinPrototypes.get(name)
  if (prototype === undefined) throw malformed(`builtin ${JSON.stringify(name)}`)
  return prototype
}

const kindOf = (tag: string): Kind => {
  const kind = kindOfTag.get(tag)
  if (kind === undefined) throw malformed(`kind ${JSON.stringify(tag)}`)
  return kind
}
