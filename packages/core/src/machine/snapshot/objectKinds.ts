/**
 * Objects of the machine that a workflow holds: promises, generators, iterators and such.
 *
 * @since 0.1.0
 */
import type { Json } from "../../heap/Json.ts"
import { type AsyncGenerator, asyncGenerators } from "../asyncGenerators.ts"
import { type ChildHandle, HANDLE_PROTOTYPE, handles } from "../children.ts"
import { makeTimeout, Timeout, timeouts } from "../effects.ts"
import { argumentsObjects, makeArguments } from "../evaluate/values.ts"
import { Task } from "../Frame.ts"
import { type Generator, generators } from "../generators.ts"
import type { Hidden } from "../hidden.ts"
import {
  type Cursor,
  cursors,
  ITERATOR_PROTOTYPES,
  type IteratorTag,
  makeIterator
} from "../iterators.ts"
import { namespaceOf, namespaces } from "../modules.ts"
import { DURABLE_PROTOTYPE, type DurableRecord, durables } from "../natives/core.ts"
import { ASYNC_GENERATOR_PROTOTYPE, GENERATOR_PROTOTYPE } from "../natives/hostPrototypes.ts"
import { isDecoder, TextDecoder, TextEncoder } from "../natives/text.ts"
import {
  isPromise,
  newPromise,
  PROMISE_PROTOTYPE,
  type PromiseStatus,
  stateOf
} from "../promises.ts"
import { AwaitReaction, type Reaction } from "../reactions.ts"
import { running } from "../running.ts"
import { channelOf, channels, REQUEST_PROTOTYPE, type RequestRecord, requests } from "../waits.ts"
import { extras, fillExtras, type StoredKind, type Writing } from "./Kind.ts"

const none = () => false

/** Prototype and own properties, where they are not as they were made. */
const more = (object: object, usual: object, out: Writing): ReadonlyArray<Json> => {
  const prototype = Object.getPrototypeOf(object) as object | null
  const own = extras(object, out, none)
  if (prototype === usual && own.length === 0) return []
  return [prototype === usual ? 0 : [out.val(prototype)], ...own]
}

const fillMore = (
  object: object,
  [prototype = 0, ...own]: ReadonlyArray<Json>,
  heap: Parameters<NonNullable<StoredKind["fill"]>>[2]
): void => {
  if (prototype !== 0) {
    Object.setPrototypeOf(object, heap.val((prototype as ReadonlyArray<Json>)[0]!) as object)
  }
  fillExtras(object, own, heap)
}

/** An `await` is written as the task that waits. */
const reactionOf = (stored: unknown): Reaction =>
  stored instanceof Task ? new AwaitReaction(stored) : stored as Reaction

/** `[head, reactions]` or `[head, value]`: the head is the status, plus 4 when it is handled. */
const promise: StoredKind = {
  tag: "@p",
  write: (object, out) => {
    if (!isPromise(object)) return undefined
    const { isHandled, reactions, status, value } = stateOf(object)
    const head = status + (isHandled ? 4 : 0)
    const rest = more(object, PROMISE_PROTOTYPE, out)
    const content = status === 0
      ? reactions.map((each) => out.val(each instanceof AwaitReaction ? each.task : each))
      : out.val(value)
    return [head, content, ...rest]
  },
  shell: () => newPromise(),
  fill: (object, [head, content, ...rest], heap) => {
    const state = stateOf(object as ReturnType<typeof newPromise>)
    state.status = ((head as number) & 3) as PromiseStatus
    state.isHandled = ((head as number) & 4) !== 0
    if (state.status === 0) {
      state.reactions = (content as ReadonlyArray<Json>).map((each) => reactionOf(heap.val(each)))
    } else state.value = heap.val(content!)
    fillMore(object, rest, heap)
  }
}

/** An object whose hidden part is a record of its own. */
const holder = <A extends object>(
  tag: StoredKind["tag"],
  hidden: Hidden<A>,
  usual: object
): StoredKind => ({
  tag,
  write: (object, out) => {
    const record = hidden.get(object)
    return record === undefined ? undefined : [out.val(record), ...more(object, usual, out)]
  },
  shell: () => Object.create(usual) as object,
  fill: (object, [record, ...rest], heap) => {
    hidden.set(object, heap.val(record!) as A)
    fillMore(object, rest, heap)
  }
})

const tagOf = (object: object): IteratorTag | undefined => {
  for (const tag of Object.keys(ITERATOR_PROTOTYPES) as Array<IteratorTag>) {
    if (Object.getPrototypeOf(object) === ITERATOR_PROTOTYPES[tag]) return tag
  }
  return undefined
}

const iterator: StoredKind = {
  tag: "@i",
  write: (object, out) => {
    const cursor = cursors.get(object)
    const tag = cursor === undefined ? undefined : tagOf(object)
    return tag === undefined
      ? undefined
      : [tag, out.val(cursor), ...extras(object, out, none)]
  },
  shell: ([tag]) =>
    makeIterator(tag as IteratorTag, { next: () => ({ value: undefined, done: true }) }),
  fill: (object, [, cursor, ...own], heap) => {
    cursors.set(object, heap.val(cursor!) as Cursor)
    fillExtras(object, own, heap)
  }
}

const timeout: StoredKind = {
  tag: "@timeout",
  write: (object) => {
    const made = timeouts.get(object)
    return made === undefined ? undefined : [made.effect]
  },
  shell: ([effect]) => makeTimeout(new Timeout(effect as number))
}

const channel: StoredKind = {
  tag: "@channel",
  write: (object) => {
    const made = channels.get(object)
    return made === undefined ? undefined : [made.name, made.replies ? 1 : 0]
  },
  shell: ([name, replies]) => channelOf(name as string, replies === 1)
}

const namespace: StoredKind = {
  tag: "@module",
  write: (object) => {
    const made = namespaces.get(object)
    return made === undefined ? undefined : [made.module]
  },
  shell: ([module]) => namespaceOf(module as number)
}

export const argumentsKind: StoredKind = {
  tag: "@arguments",
  write: (object, out) =>
    argumentsObjects.get(object) === undefined
      ? undefined
      : [out.properties(object, (key) => key === "callee")],
  shell: () => makeArguments(),
  fill: (object, [properties], heap) => heap.defineProperties(object, properties!)
}

/** `[site, cooked, raw]`; a cooked part that the language leaves undefined is null. */
export const templateKind: StoredKind = {
  tag: "@template",
  write: (object) => {
    if (running.templates.size === 0 || !Object.isFrozen(object)) return undefined
    for (const [site, strings] of running.templates) {
      if (strings !== object) continue
      const { raw } = object as unknown as { readonly raw: ReadonlyArray<string> }
      return [
        site,
        Array.from(object as ReadonlyArray<string | undefined>, (part) => part ?? null),
        raw
      ]
    }
    return undefined
  },
  shell: ([site, cooked, raw]) => {
    const strings = (cooked as ReadonlyArray<string | null>).map((part) => part ?? undefined)
    Object.defineProperty(strings, "raw", {
      value: Object.freeze((raw as ReadonlyArray<string>).slice())
    })
    running.templates.set(site as number, Object.freeze(strings))
    return strings
  }
}

const decoder: StoredKind = {
  tag: "@decoder",
  write: (object, out) => {
    if (!isDecoder(object)) return undefined
    const { encoding, fatal, ignoreBOM } = object
    return [encoding, fatal, ignoreBOM, ...more(object, TextDecoder.prototype, out)]
  },
  shell: ([encoding, fatal, ignoreBOM]) =>
    new TextDecoder(encoding as string, {
      fatal: fatal as boolean,
      ignoreBOM: ignoreBOM as boolean
    }),
  fill: (object, [, , , ...rest], heap) => fillMore(object, rest, heap)
}

const encoder: StoredKind = {
  tag: "@encoder",
  write: (object, out) =>
    object instanceof TextEncoder ? more(object, TextEncoder.prototype, out) : undefined,
  shell: () => new TextEncoder(),
  fill: (object, rest, heap) => fillMore(object, rest, heap)
}

export const objectKinds: ReadonlyArray<StoredKind> = [
  promise,
  holder<Generator>("@g", generators, GENERATOR_PROTOTYPE),
  holder<AsyncGenerator>("@ag", asyncGenerators, ASYNC_GENERATOR_PROTOTYPE),
  holder<ChildHandle>("@handle", handles, HANDLE_PROTOTYPE),
  holder<DurableRecord>("@durable", durables, DURABLE_PROTOTYPE),
  holder<RequestRecord>("@request", requests, REQUEST_PROTOTYPE),
  iterator,
  timeout,
  channel,
  namespace,
  decoder,
  encoder
]
