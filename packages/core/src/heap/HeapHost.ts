/**
 * What a user of the heap encoder adds to the standard kinds of values.
 *
 * The encoder knows data: primitives, arrays, plain objects, dates, collections, bytes,
 * errors. Everything that means something to one side only (the machine's closures and
 * frames, the classes that a process knows) comes in through these hooks.
 *
 * @since 0.1.0
 */
import type { Json } from "./Json.ts"
import type { NotStorable } from "./NotStorable.ts"

/** A node of the host's own; the tag tells it from the encoder's kinds. */
export type HostNode = readonly [tag: `@${string}`, ...data: ReadonlyArray<Json>]

/**
 * How a value hangs on the one that holds it, for the path in a refusal: a property's
 * name, an index, or a variable, which starts the path anew. Absent, the value takes
 * its holder's path.
 */
export type Edge = string | number | { readonly variable: string } | undefined

/** Given to the hooks that encode. */
export interface HeapWriter {
  /** The stored form of any value: itself, or a reference to its node in the heap. */
  readonly val: (value: unknown, edge?: Edge) => Json
  /**
   * The same for an array of the host's own that nobody else holds: it has its items and
   * nothing else, and is no node of the host. A first item that is an array is such a one too.
   */
  readonly list: (array: ReadonlyArray<unknown>) => Json
  /**
   * The own properties of an object with their attributes, and whether it is frozen,
   * sealed or closed to extension. For nodes of the host's own; read by `defineProperties`.
   */
  readonly properties: (object: object, skip?: (key: PropertyKey) => boolean) => Json
}

/** Given to the hooks that decode. */
export interface HeapReader {
  /**
   * The value of a stored form. In `shell` it makes the shell of what it refers to, which
   * may still be empty: keep it, do not look into it.
   */
  readonly val: (json: Json) => unknown
  /** Puts back what `properties` kept. */
  readonly defineProperties: (object: object, properties: Json) => void
}

/**
 * The hooks. All are optional: without any, a heap holds data only, and everything else
 * is refused with `NotStorable`.
 *
 * **Order** Objects are met breadth first and numbered as they are met; a hook must ask
 * for its values in an order that depends on the object alone. Then the same graph gives
 * the same text, and so does a graph that was decoded from it. Nothing recurses, so a
 * hook may hold chains of any length.
 *
 * **Example** (A counter that only this process can make)
 *
 * ```ts
 * import { decodeHeap } from "@rappel/core/heap/decodeHeap"
 * import { encodeHeap } from "@rappel/core/heap/encodeHeap"
 * import type { HeapHost } from "@rappel/core/heap/HeapHost"
 *
 * class Counter {
 *   count = 0
 *   owner: unknown
 * }
 *
 * const host: HeapHost = {
 *   encode: (object, out) =>
 *     object instanceof Counter
 *       ? ["@counter", object.count, out.val(object.owner, { variable: "owner" })]
 *       : undefined,
 *   shell: () => new Counter(),
 *   fill: (object, node, heap) => {
 *     const counter = object as Counter
 *     counter.count = node[1] as number
 *     counter.owner = heap.val(node[2]!)
 *   }
 * }
 *
 * const counter = new Counter()
 * counter.owner = [counter]
 * const [back] = decodeHeap(encodeHeap([counter], host), host) as [Counter]
 *
 * back instanceof Counter // => true
 * back.owner[0] === back // => true
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface HeapHost {
  /** The host's own node for an object or a function; `undefined` when it is not the host's. Asked first, once per object. */
  readonly encode?: (object: object, out: HeapWriter) => HostNode | undefined
  /** Makes the object of a node without what it refers to, so that cycles can close. */
  readonly shell?: (node: HostNode, heap: HeapReader) => object
  /** Gives the object what it refers to; every shell of the heap is there by then. */
  readonly fill?: (object: object, node: HostNode, heap: HeapReader) => void

  /**
   * How to name the prototype of an object that has neither a builtin's nor none:
   * `undefined` refuses the object. A host whose prototypes are nodes answers `out.val(prototype)`.
   */
  readonly encodePrototype?: (
    prototype: object,
    object: object,
    out: HeapWriter
  ) => Json | undefined
  /**
   * The prototype of that name. `undefined` leaves the kind's own prototype in its place
   * (an error stays an error of its builtin base); a host that wants none of that throws.
   */
  readonly decodePrototype?: (
    name: Json,
    isError: boolean,
    heap: HeapReader
  ) => object | undefined

  /**
   * Whether a prototype is the very one of that name, and not one of a class above. For hosts
   * whose names mean the same everywhere: an error that came back as something nearest keeps
   * its name, through any number of heaps, until a reader knows its class.
   */
  readonly isNamed?: (prototype: object, name: Json) => boolean

  /** A name for a symbol that has no key: sentinels such as the mark of an unset variable. */
  readonly encodeSymbol?: (symbol: symbol) => Json | undefined
  readonly decodeSymbol?: (name: Json) => symbol
  /** Symbols without a key keep their identity within the heap, instead of being refused. */
  readonly uniqueSymbols?: boolean

  /** Roots that are arrays are as those that `list` takes. */
  readonly hasListedRoots?: boolean

  /** Whether to write `undefined` in the place of what would be refused. */
  readonly replaces?: (refusal: NotStorable) => boolean
  /**
   * Errors keep the `name` and `message` that they inherit, for a reader that does not know
   * their class. Reads them, so getters of the class run.
   */
  readonly inheritedErrorText?: boolean
  /**
   * A buffer that is reachable through views only keeps the bytes that they show. Else the
   * rest of a shared memory pool (`Buffer.from`) would travel too, whatever it holds.
   */
  readonly visibleBytesOnly?: boolean
}
