/**
 * Workflows that a workflow starts: children, with an instance and a history of their own.
 *
 * A child runs the program of its parent from another entry, so it is pinned with it and
 * needs nothing that was not compiled and stored together. Where the plain function is
 * called, the program starts a child and waits for its outcome.
 *
 * @since 0.1.0
 */
import { toMillis } from "../duration/Duration.ts"
import type { Statement } from "../program/Statement.ts"
import { encodeValue } from "../value/Value.ts"
import { deriveId } from "./deriveId.ts"
import { closures } from "./functions.ts"
import { hidden } from "./hidden.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { FULFILLED, type MachinePromise, newPromise, resolve, settle, stateOf } from "./promises.ts"
import { running } from "./running.ts"
import { valueHost } from "./valueHost.ts"
import { channels } from "./waits.ts"

/** A child that runs: pending until its outcome comes. */
export class ChildEffect {
  get kind() {
    return "child" as const
  }

  readonly effect: number
  /** The child's instance. */
  readonly id: string
  readonly name: string
  /** It goes on when this instance is cancelled. */
  readonly abandoned: boolean
  /** Nobody is kept waiting for it: it was started, not called. */
  readonly detached: boolean
  readonly promise: MachinePromise

  constructor(
    effect: number,
    id: string,
    name: string,
    ends: { readonly abandoned: boolean; readonly detached: boolean },
    promise: MachinePromise
  ) {
    this.effect = effect
    this.id = id
    this.name = name
    this.abandoned = ends.abandoned
    this.detached = ends.detached
    this.promise = promise
  }
}

/** Where a program's entry stands: the module and the variable that holds it. */
export interface Entry {
  readonly module: number
  readonly index: number
  readonly name: string
}

/** The top-level variable that holds a workflow; none for one that a function made. */
export const entryOf = (workflow: unknown): Entry | undefined => {
  const { codes, program } = running.program
  for (const [module, env] of running.modules.entries()) {
    const index = env?.indexOf(workflow, 1) ?? -1
    if (index < 1) continue
    const name = codes[program.modules[module]!.f]!.node.names[index] ?? ""
    return { module, index, name: name === "" ? "default" : name }
  }
  return undefined
}

/** As instances are told: `module:index`. */
export const parseEntry = (text: string): { readonly module: number; readonly index: number } => {
  const [module = -1, index = -1] = text.split(":").map(Number)
  return { module, index }
}

export interface ChildOptions {
  readonly delayMillis: number | undefined
  readonly abandoned: boolean
}

const KNOWN: ReadonlySet<string> = new Set(["delay", "cancelWithParent"])

/** What `.with(options)` takes inside a workflow. */
export const optionsOf = (given: unknown): ChildOptions => {
  const options = (given ?? {}) as Readonly<Record<string, unknown>>
  for (const name of Object.keys(options)) {
    if (KNOWN.has(name) || options[name] === undefined) continue
    throw new TypeError(
      `A child takes delay and cancelWithParent, not ${name}: its id and its place in the ` +
        "history are its parent's to give"
    )
  }
  const { cancelWithParent = true, delay } = options
  return {
    delayMillis: delay === undefined ? undefined : Math.max(toMillis(delay), 0),
    abandoned: cancelWithParent === false
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, "0")

/** Asks for a child; `args` become text now, so that what changes afterwards does not matter. */
export const emitChild = (
  { index, module, name }: Entry,
  args: ReadonlyArray<unknown>,
  { abandoned, delayMillis }: ChildOptions,
  detached: boolean
): ChildEffect => {
  const vm = running
  const input = encodeValue(args, valueHost)
  const effect = ++vm.effects
  const id = deriveId(vm.instanceId, effect, vm.at)
  const child = new ChildEffect(effect, id, name, { abandoned, detached }, newPromise())
  const { random } = vm
  vm.pending.set(effect, child)
  vm.emit({
    kind: "child",
    effect,
    id,
    name,
    entry: `${module}:${index}`,
    input,
    seed: Array.from({ length: 4 }, () => hex(random.nextUint32())).join(""),
    ...(delayMillis === undefined ? {} : { delayMillis })
  })
  // A failure that nobody asks for is the child's own.
  if (detached) stateOf(child.promise).isHandled = true
  return child
}

/** Sends to another instance, once however often the step is repeated. */
const send = (
  to: string,
  message: {
    readonly kind: "cancel" | "signal"
    readonly name?: string
    readonly payload: string | null
  }
): void => {
  const vm = running
  const id = deriveId(vm.instanceId, ++vm.effects, vm.at)
  vm.emit({
    kind: "send",
    id,
    to,
    message: message.kind,
    name: message.name ?? null,
    payload: message.payload
  })
}

export const cancelChild = (child: ChildEffect, reason: string | null): void =>
  send(child.id, { kind: "cancel", payload: reason })

// ---- handles

/** What `other.start(…)` answers with. */
export class ChildHandle {
  readonly id: string
  readonly promise: MachinePromise

  constructor(id: string, promise: MachinePromise) {
    this.id = id
    this.promise = promise
  }
}

export const handles = hidden<ChildHandle>()

const handleOf = (value: unknown): ChildHandle => {
  const handle = handles.get(value)
  if (handle === undefined) throw new TypeError("This is a method of what start(...) answers with")
  return handle
}

const done = (): MachinePromise => {
  const promise = newPromise()
  settle(promise, FULFILLED, undefined)
  return promise
}

export const HANDLE_PROTOTYPE: object = Object.create(Object.prototype) as object
defineMethods(HANDLE_PROTOTYPE, {
  result(this: unknown): MachinePromise {
    const promise = newPromise()
    resolve(promise, handleOf(this).promise)
    return promise
  },
  cancel(this: unknown, reason?: unknown): MachinePromise {
    send(handleOf(this).id, {
      kind: "cancel",
      payload: typeof reason === "string" ? reason : null
    })
    return done()
  },
  signal(this: unknown, channel: unknown, value: unknown): MachinePromise {
    const { id } = handleOf(this)
    const name = typeof channel === "string" ? channel : channels.get(channel)?.name
    if (name === undefined) throw new TypeError("signal(channel, value) takes a channel")
    send(id, { kind: "signal", name, payload: encodeValue(value, valueHost) })
    return done()
  }
})
Object.freeze(HANDLE_PROTOTYPE)

export const makeHandle = (handle: ChildHandle): object => {
  const object = Object.create(HANDLE_PROTOTYPE, {
    id: { value: handle.id, enumerable: true }
  }) as object
  handles.set(object, handle)
  return object
}

// ---- arguments

/** Arguments beyond those that the function looks at, such as the index that `map` passes. */
export const trimmedFor = (
  fn: unknown,
  args: ReadonlyArray<unknown>
): ReadonlyArray<unknown> => {
  const code = closures.get(fn)?.code
  if (code === undefined) return args
  return args.slice(0, argumentsRead(code.node.body))
}

const counts = new WeakMap<object, number>()

/** How many arguments a body reads; `Infinity` when it may read all. */
const argumentsRead = (body: Statement): number => {
  const known = counts.get(body)
  if (known !== undefined) return known
  const count = countIn(body)
  counts.set(body, count)
  return count
}

const countIn = (tree: unknown): number => {
  if (typeof tree !== "object" || tree === null) return 0
  if (Array.isArray(tree)) {
    return tree.reduce((most: number, part) => Math.max(most, countIn(part)), 0)
  }
  const { i, t } = tree as { readonly t?: string; readonly i?: number }
  if (t === "RestArg" || t === "Args") return Infinity
  if (t === "Arg") return i! + 1
  return Object.values(tree).reduce((most: number, part) => Math.max(most, countIn(part)), 0)
}
