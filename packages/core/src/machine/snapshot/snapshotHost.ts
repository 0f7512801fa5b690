/**
 * What the heap encoder is told about the machine's objects.
 *
 * @since 0.1.0
 */
import type { Edge, HeapHost, HeapReader, HeapWriter, HostNode } from "../../heap/HeapHost.ts"
import type { Json } from "../../heap/Json.ts"
import type { LoadedProgram } from "../Code.ts"
import { intrinsic, intrinsicName } from "../natives/walkIntrinsics.ts"
import { privateElements } from "../privates.ts"
import { MARKS } from "../signals.ts"
import { functionKinds, functionPrototype } from "./functionKinds.ts"
import type { Data, Names, Reading, StoredKind, Writing } from "./Kind.ts"
import { argumentsKind, objectKinds, templateKind } from "./objectKinds.ts"
import { placeCursor, recordKinds } from "./records.ts"

/** The language's own objects go by name. */
const INTRINSIC = "@"

const kinds = [
  ...functionKinds,
  ...recordKinds,
  ...objectKinds,
  argumentsKind,
  functionPrototype,
  templateKind
]

const kindOfTag: ReadonlyMap<string, StoredKind> = new Map(kinds.map((kind) => [kind.tag, kind]))

const byPrototype: ReadonlyMap<object | null, StoredKind> = new Map(
  recordKinds.flatMap((kind) => kind.prototype === undefined ? [] : [[kind.prototype, kind]])
)

/** Most objects of a state are plain: these are all that they could be instead. */
const plainKinds = [argumentsKind, functionPrototype]
const arrayKinds = [templateKind]
const otherKinds = [...objectKinds, ...plainKinds]

const candidates = (object: object): ReadonlyArray<StoredKind> => {
  if (typeof object === "function") return functionKinds
  const prototype = Object.getPrototypeOf(object) as object | null
  if (prototype === Object.prototype) return plainKinds
  if (Array.isArray(object)) return arrayKinds
  return otherKinds
}

const kindOf = (node: HostNode): StoredKind => {
  const kind = kindOfTag.get(node[0])
  if (kind === undefined) {
    throw new TypeError(
      `The state has an object of kind ${node[0]}, which this release does not know; update rappel`
    )
  }
  return kind
}

const symbolNames: ReadonlyMap<symbol, string> = new Map(
  Array.from(MARKS, ([name, symbol]) => [symbol, name])
)

/** Made for every text, so its hooks are methods. */
abstract class SnapshotHost implements HeapHost {
  readonly uniqueSymbols = true

  encodePrototype(prototype: object, _object: object, out: HeapWriter): Json {
    return out.val(prototype)
  }

  decodePrototype(name: Json, _isError: boolean, heap: HeapReader): object {
    return heap.val(name) as object
  }

  encodeSymbol(symbol: symbol): Json | undefined {
    return symbolNames.get(symbol)
  }

  decodeSymbol(name: Json): symbol {
    return MARKS.get(name as string)!
  }
}

/** Finds the kind of an object; most are none of the machine's. */
const write = (object: object, out: Writing): HostNode | undefined => {
  const name = intrinsicName(object)
  if (name !== undefined) return [INTRINSIC, name]
  const elements = privateElements.get(object)
  // Nothing refers to them, so they get their number here.
  if (elements !== undefined) out.val(elements)
  const record = byPrototype.get(Object.getPrototypeOf(object) as object | null)
  if (record !== undefined) return [record.tag, ...record.write(object, out)!]
  for (const kind of candidates(object)) {
    const data = kind.write(object, out)
    if (data !== undefined) return [kind.tag, ...data]
  }
  return undefined
}

class WritingHost extends SnapshotHost {
  readonly #program: LoadedProgram
  readonly #names: WritingNames | undefined
  #writing: Writing | undefined
  readonly hasListedRoots: boolean

  constructor(program: LoadedProgram, names: WritingNames | undefined) {
    super()
    this.#program = program
    this.#names = names
    this.#writing = undefined
    this.hasListedRoots = names === undefined
  }

  encode(object: object, out: HeapWriter): HostNode | undefined {
    const names = this.#names
    const writing = this.#writing ??= {
      val: out.val,
      // An environment whose variables have names is a node of the host's.
      list: names === undefined ? out.list : out.val,
      properties: out.properties,
      names,
      program: this.#program
    }
    const env = names?.variablesOf(object)
    return env === undefined ? write(object, writing) : writeEnv(object as Env, env, out, names!)
  }
}

export const writingHost = (program: LoadedProgram, names: WritingNames | undefined): HeapHost =>
  new WritingHost(program, names)

type Env = ReadonlyArray<unknown>

/** Environments by what is known of them; only when a path is wanted. */
export interface WritingNames extends Names {
  readonly variablesOf: (object: object) => Variables | undefined
}

export interface Variables {
  readonly names: ReadonlyArray<string>
  readonly outer: ReadonlyArray<ReadonlyArray<string>>
  readonly where: string
}

/** With the names of its variables: the text is thrown away, its refusal says the path. */
const writeEnv = (
  env: Env,
  { names, outer, where }: Variables,
  out: HeapWriter,
  host: WritingNames
): HostNode => {
  host.env(env[0], outer, where)
  return [
    "@env",
    ...env.map((value, at) =>
      out.val(value, at === 0 ? undefined : host.edge(names[at] ?? "", where))
    )
  ]
}

export class ReadingHost extends SnapshotHost {
  readonly #program: LoadedProgram
  #reading: Reading | undefined
  #cursors: Array<readonly [object, number]> | undefined

  constructor(program: LoadedProgram) {
    super()
    this.#program = program
    this.#reading = undefined
    this.#cursors = undefined
  }

  shell(node: HostNode, heap: HeapReader): object {
    if (node[0] !== INTRINSIC) {
      return kindOf(node).shell(node.slice(1) as Data, this.#readingOf(heap))
    }
    const object = intrinsic(node[1] as string)
    if (object === undefined) {
      throw new TypeError(`The state uses ${String(node[1])}, which this engine does not have`)
    }
    return object
  }

  fill(object: object, node: HostNode, heap: HeapReader): void {
    const [tag] = node
    if (tag === INTRINSIC) return
    const data = node.slice(1) as Data
    kindOf(node).fill?.(object, data, this.#readingOf(heap))
    if (tag === "@collection") (this.#cursors ??= []).push([object, data[2] as number])
  }

  /** Every collection has its entries by now. */
  finish(): void {
    for (const [cursor, position] of this.#cursors ?? []) placeCursor(cursor, position)
  }

  #readingOf(heap: HeapReader): Reading {
    return this.#reading ??= {
      val: heap.val,
      defineProperties: heap.defineProperties,
      program: this.#program
    }
  }
}

export type { Edge }
