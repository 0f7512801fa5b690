/**
 * Arrays, objects and templates.
 *
 * @since 0.1.0
 */
import type { Arr, Expression, Obj, ObjProperty, Tpl, TplObj } from "../../program/Expression.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Frame } from "../Frame.ts"
import { keyName, nameFunction, setHome } from "../functions.ts"
import { isObject, toArray } from "../iteration.ts"
import { running } from "../running.ts"
import { HOLE, SUSPENDED } from "../signals.ts"
import { clear, operands, resumable } from "./resumable.ts"

export const template = ({ a, p, ps, q, s }: Tpl, compiler: Compiler): Evaluate => {
  const parts = compiler.expressions(a)
  const places = ps ?? a.map(() => p)
  const { length } = parts
  if (s !== undefined) {
    // Each part becomes text before the next is evaluated.
    const texts = parts.map((part, at): Evaluate => (E, F) => {
      const value = part(E, F)
      if (value === SUSPENDED) return value
      F.at = places[at]!
      return `${value as string}`
    })
    return operands(
      texts,
      s,
      (values) =>
        values.reduce<string>((all, value, at) => all + (value as string) + q[at + 1]!, q[0]!)
    )
  }
  return (E, F) => {
    let all = q[0]!
    for (let at = 0; at < length; at++) {
      const value = parts[at]!(E, F)
      F.at = places[at]!
      all += `${value as string}${q[at + 1]!}`
    }
    return all
  }
}

/** One object per place in the source and instance: tags use it as a key. */
export const templateObject = ({ c, id, w }: TplObj): Evaluate => () => {
  const { templates } = running
  let strings = templates.get(id)
  if (strings === undefined) {
    const cooked = c.map((part) => part ?? undefined)
    Object.defineProperty(cooked, "raw", { value: Object.freeze(w.slice()) })
    strings = Object.freeze(cooked)
    templates.set(id, strings)
  }
  return strings
}

type AddItem = (array: Array<unknown>, value: unknown, F: Frame) => void

const push: AddItem = (array, value) => {
  if (value === HOLE) array.length++
  else array.push(value)
}

const addItem = (node: Expression): AddItem =>
  node.t === "Spread"
    ? (array, value, F) => {
      F.at = node.p
      for (const item of toArray(value, node)) array.push(item)
    }
    : push

export const array = ({ a, s }: Arr, compiler: Compiler): Evaluate => {
  const parts = a.map((node) => compiler.expression(node.t === "Spread" ? node.e : node))
  const adders = a.map(addItem)
  const { length } = parts
  if (s !== undefined) {
    // The array itself waits in the second slot.
    return resumable((E, F) => {
      const S = F.slots
      const made = S[s + 1] === 0 ? [] : S[s + 1] as Array<unknown>
      for (let at = S[s] as number; at < length; at++) {
        const value = parts[at]!(E, F)
        if (value === SUSPENDED) {
          S[s] = at
          S[s + 1] = made
          return value
        }
        adders[at]!(made, value, F)
      }
      clear(S, s, s + 2)
      return made
    })
  }
  const isSimple = a.every(({ t }) => t !== "Spread" && t !== "Hole")
  const [first, second] = parts
  if (isSimple && length === 0) return () => []
  if (isSimple && length === 1) return (E, F) => [first!(E, F)]
  if (isSimple && length === 2) return (E, F) => [first!(E, F), second!(E, F)]
  return (E, F) => {
    const made: Array<unknown> = []
    if (isSimple) { for (let at = 0; at < length; at++) made.push(parts[at]!(E, F)) }
    else for (let at = 0; at < length; at++) adders[at]!(made, parts[at]!(E, F), F)
    return made
  }
}

type Define = (object: any, key: any, value: any) => void

export const defineValue: Define = (object, key, value) => {
  Object.defineProperty(object, key as PropertyKey, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  })
}

const copyProperties: Define = (object, _key, source) => {
  if (source === null || source === undefined) return
  const copy = { ...source as object } as Record<PropertyKey, unknown>
  for (const key of Reflect.ownKeys(copy)) defineValue(object, key, copy[key])
}

const defineAccessor = (kind: "get" | "set"): Define => (object, key, fn) => {
  setHome(fn, object)
  Object.defineProperty(object, key as PropertyKey, {
    [kind]: fn,
    enumerable: true,
    configurable: true
  })
}

const DEFINES: Readonly<Record<ObjProperty["kind"], Define>> = {
  v: defineValue,
  m: (object, key, fn) => {
    setHome(fn, object)
    defineValue(object, key, fn)
  },
  get: defineAccessor("get"),
  set: defineAccessor("set"),
  spread: copyProperties,
  proto: (object, _key, prototype) => {
    if (prototype === null || isObject(prototype)) Object.setPrototypeOf(object, prototype)
  }
}

/** A function or class without a name gets that of a computed key. */
const isAnonymous = (node: Expression, compiler: Compiler): boolean =>
  node.t === "Fn"
    ? compiler.program.codes[node.f]!.node.n === ""
    : node.t === "Class" && compiler.program.program.classes[node.c]!.n === ""

interface Property {
  /** Text of a literal key; undefined for a computed one or none. */
  readonly name: string | undefined
  readonly key: Evaluate | undefined
  readonly value: Evaluate
  readonly define: Define
  /** Where its key is converted, or copied from it. */
  readonly at: number
}

const property = (
  { e, k, kind, p }: ObjProperty,
  compiler: Compiler,
  otherwise: number
): Property => {
  const isLiteral = k?.t === "Lit"
  const define = DEFINES[kind]
  const prefix = kind === "get" || kind === "set" ? `${kind} ` : ""
  const namesFunction = k !== undefined && !isLiteral && isAnonymous(e, compiler)
  return {
    at: p ?? otherwise,
    name: isLiteral ? String(k.v) : undefined,
    key: k === undefined || isLiteral ? undefined : compiler.expression(k),
    value: compiler.expression(e),
    define: namesFunction
      ? (object, key, value) => {
        nameFunction(value as object, prefix + keyName(key as PropertyKey))
        define(object, key, value)
      }
      : define
  }
}

/** The key as it will be: objects are converted before the value is evaluated. */
export const toPropertyKey = (value: any): PropertyKey =>
  isObject(value)
    ? Reflect.ownKeys({ [value as unknown as string]: 0 })[0]!
    : typeof value === "symbol"
    ? value
    : String(value)

export const object = ({ p, ps, s }: Obj, compiler: Compiler): Evaluate => {
  const properties = ps.map((part) => property(part, compiler, p))
  const { length } = properties
  if (s !== undefined) {
    // Slots: 2 · property + (0 key, 1 value), the object, the key.
    return resumable((E, F) => {
      const S = F.slots
      const made = S[s + 1] === 0 ? {} : S[s + 1] as object
      for (let step = S[s] as number; step < 2 * length; step++) {
        const { at, define, key, name, value } = properties[step >> 1]!
        const isKey = step % 2 === 0
        if (isKey && key === undefined) {
          S[s + 2] = name
          continue
        }
        const given = isKey ? key!(E, F) : value(E, F)
        if (given === SUSPENDED) {
          S[s] = step
          S[s + 1] = made
          return given
        }
        F.at = at
        if (isKey) S[s + 2] = toPropertyKey(given)
        else define(made, S[s + 2], given)
      }
      clear(S, s, s + 3)
      return made
    })
  }
  // Ordinary properties by literal keys are plain assignments to an ordinary object.
  if (ps.every(({ k, kind }) => kind === "v" && k?.t === "Lit" && k.v !== "__proto__")) {
    const names = properties.map(({ name }) => name!)
    const values = properties.map(({ value }) => value)
    return (E, F) => {
      const made: Record<string, unknown> = {}
      for (let at = 0; at < length; at++) made[names[at]!] = values[at]!(E, F)
      return made
    }
  }
  return (E, F) => {
    const made = {}
    for (let at = 0; at < length; at++) {
      const { at: place, define, key, name, value } = properties[at]!
      const given = key === undefined ? name : key(E, F)
      F.at = place
      const name_ = key === undefined ? given : toPropertyKey(given)
      const item = value(E, F)
      F.at = place
      define(made, name_, item)
    }
    return made
  }
}
