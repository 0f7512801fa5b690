/**
 * Functions in a snapshot.
 *
 * @since 0.1.0
 */
import type { Json } from "../../heap/Json.ts"
import { actionOf, ActionRef, actionRefs, makeAction } from "../actions.ts"
import { ClassClosure, classClosures, makeClassFunction } from "../classes.ts"
import type { Env, Lexical } from "../Frame.ts"
import {
  type Callable,
  type Closure,
  closures,
  makeFunction,
  prototypeOwners
} from "../functions.ts"
import { isObject } from "../iteration.ts"
import type { Policy } from "../Model.ts"
import {
  lengthOf,
  NativeFunction,
  nativeFunctions,
  type NativeKind,
  nativeOf
} from "../nativeFunctions.ts"
import { makeWorkflow, WorkflowFunction, workflowFunctions } from "../natives/core.ts"
import { bind, BoundFunction, boundFunctions } from "../natives/functions.ts"
import { readJudges, writeJudges } from "./judges.ts"
import { extras, fillExtras, type StoredKind, type Writing } from "./Kind.ts"
import { classChainOf, outerChainOf } from "./variableNames.ts"

/** `name` and `length` as the function was made with. */
const isUsualText = (name: string, length: number) =>
(
  key: PropertyKey,
  { configurable, enumerable, value, writable }: PropertyDescriptor
): boolean =>
  (key === "name" && value === name || key === "length" && value === length) &&
  configurable === true && enumerable === false && writable === false

/** The function whose `prototype` an object was made to be. */
const ownerOf = (object: object): object | undefined => {
  const owner = prototypeOwners.get(object) ??
    Reflect.getOwnPropertyDescriptor(object, "constructor")?.value as unknown
  const closure = closures.get(owner)
  if (closure?.fn === undefined) return undefined
  return Reflect.getOwnPropertyDescriptor(closure.fn, "prototype")?.value === object
    ? closure.fn
    : undefined
}

const isUsualConstructor = (owner: object, key: PropertyKey, own: PropertyDescriptor): boolean =>
  key === "constructor" && own.value === owner && own.writable === true &&
  own.enumerable === false && own.configurable === true

/** Whether a function still has the `prototype` that it was made with, and that is as it was. */
const isUsualPrototype = (fn: object, own: PropertyDescriptor): boolean => {
  const { value, writable } = own
  if (writable !== true || !isObject(value) || ownerOf(value) !== fn) return false
  if (!Object.isExtensible(value)) return false
  return Reflect.ownKeys(value).every((key) =>
    isUsualConstructor(fn, key, Reflect.getOwnPropertyDescriptor(value, key)!)
  )
}

const parentOf = (fn: object, usual: object, out: Writing): Json => {
  const parent = Object.getPrototypeOf(fn) as object | null
  return parent === usual ? 0 : [out.val(parent)]
}

const setParent = (fn: object, parent: Json, heap: { readonly val: (json: Json) => unknown }) => {
  if (parent !== 0) {
    Object.setPrototypeOf(fn, heap.val((parent as ReadonlyArray<Json>)[0]!) as object | null)
  }
}

const closure: StoredKind = {
  tag: "@f",
  write: (object, out) => {
    const made = closures.get(object)
    if (made === undefined) return undefined
    const { code, env, home, lexical } = made
    const { len, n } = code.node
    out.names?.env(
      env,
      outerChainOf(code),
      `${n || "a function"} at ${code.program.where(code.node.p)}`
    )
    const isUsual = isUsualText(n, len)
    const more = extras(
      object,
      out,
      (key, own) => isUsual(key, own) || key === "prototype" && isUsualPrototype(object, own)
    )
    const data: ReadonlyArray<Json> = [
      code.index,
      out.list(env),
      lexical === null ? 0 : out.val(lexical),
      home === null ? 0 : out.val(home)
    ]
    return more.length > 0
      ? [...data, ...more]
      : home !== null
      ? data
      : lexical !== null
      ? data.slice(0, 3)
      : data.slice(0, 2)
  },
  shell: ([code], { program }) => makeFunction(program.codes[code as number]!, [], null, null),
  fill: (fn, [, env, lexical = 0, home = 0, ...more], heap) => {
    const made = closures.get(fn)!
    made.env = heap.val(env!) as Env
    if (lexical !== 0) made.lexical = heap.val(lexical) as Lexical
    if (home !== 0) made.home = heap.val(home) as object
    fillExtras(fn, more, heap)
  }
}

/** The `prototype` of a function, when something refers to it or it was changed. */
const functionPrototype: StoredKind = {
  tag: "@fp",
  write: (object, out) => {
    const owner = ownerOf(object)
    if (owner === undefined) return undefined
    return [
      out.val(owner),
      ...extras(object, out, (key, own) => isUsualConstructor(owner, key, own))
    ]
  },
  shell: ([owner], heap) => (heap.val(owner!) as { readonly prototype: object }).prototype,
  fill: (object, [, ...more], heap) => fillExtras(object, more, heap)
}

const classFunction: StoredKind = {
  tag: "@c",
  write: (object, out) => {
    const made = classClosures.get(object)
    if (made === undefined) return undefined
    const { env, index, keys, node, program } = made
    const { ctor } = node
    out.names?.env(env, classChainOf(program, index), `class ${node.n}`)
    const isUsual = isUsualText(node.n, ctor === undefined ? 0 : made.code(ctor).node.len)
    return [
      index,
      out.list(env),
      keys.map((key) => out.val(key)),
      parentOf(object, Function.prototype, out),
      ...extras(object, out, isUsual)
    ]
  },
  shell: ([index], { program }) =>
    makeClassFunction(new ClassClosure(program, index as number, [], [])),
  fill: (fn, [, env, keys, parent, ...more], heap) => {
    const made = classClosures.get(fn)!
    made.env = heap.val(env!) as Env
    made.keys = (keys as ReadonlyArray<Json>).map(heap.val) as Array<PropertyKey>
    setParent(fn, parent!, heap)
    fillExtras(fn, more, heap)
  }
}

const native: StoredKind = {
  tag: "@n",
  write: (object, out) => {
    const made = nativeFunctions.get(object)
    if (made === undefined) return undefined
    return [
      made.kind,
      made.data.map((item) => out.val(item)),
      ...extras(object, out, isUsualText("", lengthOf(made.kind)))
    ]
  },
  shell: ([kind]) => nativeOf(new NativeFunction(kind as NativeKind, [])),
  fill: (fn, [, data, ...more], heap) => {
    nativeFunctions.get(fn)!.data = (data as ReadonlyArray<Json>).map(heap.val)
    fillExtras(fn, more, heap)
  }
}

/** A bound function cannot be filled later: what it was made of has shells by then. */
const bound: StoredKind = {
  tag: "@b",
  write: (object, out) => {
    const made = boundFunctions.get(object)
    if (made === undefined) return undefined
    return [
      out.val(made.target),
      out.val(made.self),
      made.args.map((arg) => out.val(arg)),
      ...extras(object, out, () => false)
    ]
  },
  shell: ([target, self, args], heap) =>
    bind(
      new BoundFunction(
        heap.val(target!) as Callable,
        heap.val(self!),
        (args as ReadonlyArray<Json>).map(heap.val)
      )
    ),
  fill: (fn, [, , , ...more], heap) => fillExtras(fn, more, heap)
}

const action: StoredKind = {
  tag: "@action",
  write: (object, out) => {
    const ref = actionRefs.get(object)
    if (ref === undefined || ref.judges !== undefined) return undefined
    const { x } = out.program.program.actions[ref.action]!
    const more = extras(object, out, isUsualText(x, 0))
    const policy = ref.policy === undefined ? 0 : ref.policy as unknown as Json
    return more.length > 0
      ? [ref.action, policy, ...more]
      : policy === 0
      ? [ref.action]
      : [ref.action, policy]
  },
  // Without a policy there is one function per action.
  shell: ([index, policy = 0]) =>
    policy === 0
      ? actionOf(index as number)
      : makeAction(new ActionRef(index as number, policy as Policy)),
  fill: (fn, [, , ...more], heap) => fillExtras(fn, more, heap)
}

/** An action whose policy has predicates. */
const judgedAction: StoredKind = {
  tag: "@judgedAction",
  write: (object, out) => {
    const ref = actionRefs.get(object)
    if (ref?.judges === undefined) return undefined
    const { x } = out.program.program.actions[ref.action]!
    return [
      ref.action,
      ref.policy as unknown as Json,
      writeJudges(ref.judges, out),
      ...extras(object, out, isUsualText(x, 0))
    ]
  },
  shell: ([index, policy]) => makeAction(new ActionRef(index as number, policy as Policy)),
  fill: (fn, [, , judges, ...more], heap) => {
    actionRefs.get(fn)!.judges = readJudges(judges!, heap)
    fillExtras(fn, more, heap)
  }
}

const workflow: StoredKind = {
  tag: "@w",
  write: (object, out) => {
    const made = workflowFunctions.get(object)
    return made === undefined ? undefined : [out.val(made.fn)]
  },
  shell: () => makeWorkflow(new WorkflowFunction(() => undefined)),
  fill: (fn, [inner], heap) => {
    workflowFunctions.get(fn)!.fn = heap.val(inner!) as Callable
  }
}

/** Asked of functions only. */
export const functionKinds: ReadonlyArray<StoredKind> = [
  closure,
  classFunction,
  action,
  judgedAction,
  native,
  bound,
  workflow
]

export { functionPrototype }
export type { Closure }
