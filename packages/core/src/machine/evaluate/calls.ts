/**
 * Calls, method calls, `new`, `super(…)` and templates' tags.
 *
 * @since 0.1.0
 */
import type {
  Call,
  CallM,
  Chain,
  Expression,
  New,
  Spread,
  SuperCall
} from "../../program/Expression.ts"
import { superCall } from "../classes.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame } from "../Frame.ts"
import { isConstructor } from "../functions.ts"
import { type Named, notIterable, refusal, toArray, typeAndValue } from "../iteration.ts"
import { isArrayMethod } from "../natives/replaced.ts"
import { SKIPPED, SUSPENDED } from "../signals.ts"
import { refresh } from "../stack.ts"
import { applyMeasured, checkBuffer } from "../watch.ts"
import { getMember, getMethod, guarded, isPlainName, receiverOf } from "./members.ts"
import { operands, resumable } from "./resumable.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

const notCallable = ({ it, n }: Named, fn: unknown): TypeError =>
  new TypeError(refusal(n ?? typeAndValue(fn), it, "is not a function"))

/** The items of `...e` among the operands of a call. */
export class Spreaded {
  readonly items: ReadonlyArray<unknown>

  constructor(items: ReadonlyArray<unknown>) {
    this.items = items
  }
}

/** A call that ends in its only spread has messages of its own in V8. */
const spreadError = (value: unknown, node: Spread, isOnlyLast: boolean): TypeError => {
  if (!isOnlyLast) return notIterable(value, node)
  const { n } = node
  return value === null || value === undefined
    ? new TypeError(`${n ?? typeAndValue(value)} is not iterable (cannot read property ${value})`)
    : new TypeError("Spread syntax requires ...iterable[Symbol.iterator] to be a function")
}

const spread = (node: Spread, isOnlyLast: boolean, compiler: Compiler): Evaluate => {
  const e = compiler.expression(node.e)
  return (E, F) => {
    const value = e(E, F) as any
    if (value === SUSPENDED) return value
    F.at = node.p
    if (value === null || value === undefined || typeof value[Symbol.iterator] !== "function") {
      throw spreadError(value, node, isOnlyLast)
    }
    return new Spreaded(toArray(value, node))
  }
}

interface Arguments {
  readonly parts: ReadonlyArray<Evaluate>
  readonly hasSpread: boolean
  readonly evaluate: (E: Env, F: Frame) => Array<unknown>
}

const flatten = (values: ReadonlyArray<unknown>): Array<unknown> => {
  const args: Array<unknown> = []
  for (const value of values) {
    if (!(value instanceof Spreaded)) args.push(value)
    else for (const item of value.items) args.push(item)
  }
  return args
}

const argumentsOf = (nodes: ReadonlyArray<Expression>, compiler: Compiler): Arguments => {
  const spreads = nodes.filter((node) => node.t === "Spread").length
  const isOnlyLast = spreads === 1 && nodes.at(-1)!.t === "Spread"
  const parts = nodes.map((node) =>
    node.t === "Spread" ? spread(node, isOnlyLast, compiler) : compiler.expression(node)
  )
  const [a, b, c] = parts
  if (spreads > 0) {
    return { parts, hasSpread: true, evaluate: (E, F) => flatten(parts.map((part) => part(E, F))) }
  }
  const evaluate = ((): Arguments["evaluate"] => {
    switch (parts.length) {
      case 0:
        return () => []
      case 1:
        return (E, F) => [a!(E, F)]
      case 2:
        return (E, F) => [a!(E, F), b!(E, F)]
      case 3:
        return (E, F) => [a!(E, F), b!(E, F), c!(E, F)]
      default:
        return (E, F) => parts.map((part) => part(E, F))
    }
  })()
  return { parts, hasSpread: false, evaluate }
}

/** Operands that waited in slots, with the spread ones laid out. */
const settled = ({ hasSpread }: Arguments, values: Array<unknown>): Array<unknown> =>
  hasSpread ? flatten(values) : values

export const call = (node: Call, compiler: Compiler): Evaluate => {
  const { ch, opt, p, s } = node
  const named: Named = node
  const callee = guarded(compiler.expression(node.f), opt === 1)
  const args = argumentsOf(node.a, compiler)
  if (s !== undefined) {
    return operands([callee, ...args.parts], s, (values, F) => {
      const fn = values[0]
      F.at = p
      if (typeof fn !== "function") throw notCallable(named, fn)
      return Reflect.apply(fn, undefined, settled(args, values.slice(1)))
    })
  }
  const [a, b] = args.parts
  if (opt === 1 || ch === 1 || args.hasSpread || args.parts.length > 2) {
    return (E, F) => {
      const fn = callee(E, F)
      if (fn === SKIPPED) return fn
      const given = args.evaluate(E, F)
      F.at = p
      if (typeof fn !== "function") throw notCallable(named, fn)
      return Reflect.apply(fn, undefined, given)
    }
  }
  switch (args.parts.length) {
    case 0:
      return (E, F) => {
        const fn = callee(E, F)
        F.at = p
        if (typeof fn !== "function") throw notCallable(named, fn)
        return (fn as Callable)()
      }
    case 1:
      return (E, F) => {
        const fn = callee(E, F)
        const first = a!(E, F)
        F.at = p
        if (typeof fn !== "function") throw notCallable(named, fn)
        return (fn as Callable)(first)
      }
    default:
      return (E, F) => {
        const fn = callee(E, F)
        const first = a!(E, F)
        const second = b!(E, F)
        F.at = p
        if (typeof fn !== "function") throw notCallable(named, fn)
        return (fn as Callable)(first, second)
      }
  }
}

const isOfArrays = (key: Expression): boolean => key.t === "Lit" && isArrayMethod(String(key.v))

/** How a method is found: by a plain name, by one that may be replaced, or in general. */
const methodOf = (node: CallM): (base: any, name: any, F: Frame) => unknown => {
  const { k, o, s } = node
  const p = node.pk ?? node.p
  if (o.t === "Super") {
    return (base, name, F) => {
      F.at = p
      return getMethod(base, name)
    }
  }
  if (isPlainName(k)) {
    return (base, name, F) => {
      F.at = p
      return base[name]
    }
  }
  if (isOfArrays(k) && s === undefined) {
    // Their replacements are for what is no array of the workflow; a slot has the replacement.
    return (base, name, F) => {
      F.at = p
      return (Array.isArray(base) && base !== Array.prototype) || typeof base === "string"
        ? base[name]
        : getMember(base, name)
    }
  }
  return (base, name, F) => {
    F.at = p
    return getMember(base, name)
  }
}

/** Methods of texts, arrays and buffers that take no longer when there is more of them. */
const CONSTANT = new Set(["at", "charAt", "charCodeAt", "codePointAt", "pop", "push", "subarray"])

const LINEAR = new Set(
  [String.prototype, Array.prototype, Object.getPrototypeOf(Uint8Array.prototype) as object]
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .filter((name) => !CONSTANT.has(name))
)

/** Whether a method of that name may be a native that goes over all of its receiver. */
const isLinear = (key: Expression): boolean => key.t !== "Lit" || LINEAR.has(String(key.v))

export const callMethod = (node: CallM, compiler: Compiler): Evaluate => {
  const { ch, copt, opt, p, s } = node
  const named: Named = node
  const object = guarded(compiler.expression(node.o), opt === 1)
  const key = compiler.expression(node.k)
  const args = argumentsOf(node.a, compiler)
  const find = methodOf(node)
  const isSuper = node.o.t === "Super"
  const apply = isLinear(node.k) ? applyMeasured : Reflect.apply as typeof applyMeasured
  if (s !== undefined) {
    const method: Evaluate = resumable((_E, F) => {
      const fn = find(F.slots[s + 1], F.slots[s + 2], F)
      return copt === 1 && (fn === null || fn === undefined) ? SKIPPED : fn
    })
    return operands([object, key, method, ...args.parts], s, (values, F) => {
      const fn = values[2]
      F.at = p
      if (typeof fn !== "function") throw notCallable(named, fn)
      return apply(fn, receiverOf(values[0]), settled(args, values.slice(3)))
    })
  }
  if (opt === 1 || ch === 1 || copt === 1 || isSuper) {
    return (E, F) => {
      const base = object(E, F)
      if (base === SKIPPED) return base
      const fn = find(base, key(E, F), F)
      if (copt === 1 && (fn === null || fn === undefined)) return SKIPPED
      const given = args.evaluate(E, F)
      F.at = p
      if (typeof fn !== "function") throw notCallable(named, fn)
      return apply(fn, receiverOf(base), given)
    }
  }
  return (E, F) => {
    const base = object(E, F)
    const fn = find(base, key(E, F), F)
    const given = args.evaluate(E, F)
    F.at = p
    if (typeof fn !== "function") throw notCallable(named, fn)
    return apply(fn, base, given)
  }
}

export const chain = ({ e }: Chain, compiler: Compiler): Evaluate => {
  const inner = compiler.expression(e)
  return (E, F) => {
    const value = inner(E, F)
    return value === SKIPPED ? undefined : value
  }
}

export const construct = (node: New, compiler: Compiler): Evaluate => {
  const { n, p, s } = node
  const callee = compiler.expression(node.f)
  const args = argumentsOf(node.a, compiler)
  const make = (fn: unknown, given: Array<unknown>, F: Frame): unknown => {
    F.at = p
    if (!isConstructor(fn)) throw new TypeError(`${n ?? typeAndValue(fn)} is not a constructor`)
    checkBuffer(fn, given[0])
    const made = Reflect.construct(fn, given)
    if (made instanceof Error) refresh(made)
    return made
  }
  if (s !== undefined) {
    return operands(
      [callee, ...args.parts],
      s,
      (values, F) => make(values[0], settled(args, values.slice(1)), F)
    )
  }
  return (E, F) => {
    const fn = callee(E, F)
    return make(fn, args.evaluate(E, F), F)
  }
}

export const callSuper = ({ a, p, s }: SuperCall, compiler: Compiler): Evaluate => {
  const args = argumentsOf(a, compiler)
  if (s !== undefined) {
    return operands(args.parts, s, (values, F) => {
      F.at = p
      return superCall(F, settled(args, values))
    })
  }
  return (E, F) => {
    const given = args.evaluate(E, F)
    F.at = p
    return superCall(F, given)
  }
}
