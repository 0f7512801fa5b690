/**
 * Properties: reading, writing, deleting, of objects, of `super`, and private ones.
 *
 * Two things differ from plain property access. A read that may give one of the host's own
 * functions that a workflow must not have gives its replacement (`natives/replaced.ts`). And
 * the host's objects are never written, whoever holds them.
 *
 * @since 0.1.0
 */
import type {
  Del,
  Expression,
  Get,
  LogM,
  OpM,
  Priv,
  PrivIn,
  SetM,
  UpdM
} from "../../program/Expression.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame } from "../Frame.ts"
import { isIntrinsic, isReplacedName, refuseWrite, replaced } from "../natives/replaced.ts"
import { hasPrivate, PrivateKey, readPrivate, writePrivate } from "../privates.ts"
import { SKIPPED, SUSPENDED, UNSET } from "../signals.ts"
import { aboutObject, refresh } from "../stack.ts"
import { decides, operation } from "./operators.ts"
import { clear, operands, resumable } from "./resumable.ts"
import { envAt, stepped, toNumeric } from "./variables.ts"

/** `object[key]` as a workflow sees it. */
export const getMember = (object: any, key: any): unknown => {
  if (key instanceof PrivateKey) return readPrivate(object, key)
  if (key === "stack" && object instanceof Error) refresh(object)
  const value = object[key]
  return typeof value === "function" ? replaced(value) : value
}

export const setMember = (object: any, key: any, value: unknown): void => {
  if (key instanceof PrivateKey) writePrivate(object, key, value)
  else if (isIntrinsic(object)) refuseWrite(object, key)
  else write(object, key, value)
}

/** In strict mode V8 says why an assignment fails, and names the object's class. */
const write = (object: any, key: any, value: unknown): void => {
  try {
    object[key] = value
  } catch (error) {
    throw aboutObject(error, object)
  }
}

const deleteMember = (object: any, key: any): boolean => {
  if (isIntrinsic(object)) {
    throw new TypeError(`Cannot delete property '${String(key)}' of ${describe(object)}`)
  }
  try {
    return delete object[key]
  } catch (error) {
    throw aboutObject(error, object)
  }
}

const describe = (object: object): string =>
  typeof object === "function" ? `function ${object.name}` : "#<Object>"

/** The object of a method's `super`, with the `this` that goes with it. */
export class SuperReference {
  readonly base: object | null
  readonly self: unknown

  constructor(base: object | null, self: unknown) {
    this.base = base
    this.self = self
  }
}

/** `this` of a frame, through the arrows to the function that has one. */
export const selfOf = (F: Frame): unknown => {
  const self = F.lexical === null ? F.self : F.lexical.self
  if (self === UNSET) throw notConstructed()
  return self
}

export const notConstructed = (): ReferenceError =>
  new ReferenceError(
    "Must call super constructor in derived class before accessing 'this' or returning from " +
      "derived constructor"
  )

export const superReference = (): Evaluate => (_E, F) => {
  const home = F.lexical === null ? F.home : F.lexical.home
  return new SuperReference(Object.getPrototypeOf(home) as object | null, selfOf(F))
}

const getAny = (object: any, key: any): unknown => {
  if (!(object instanceof SuperReference)) return getMember(object, key)
  const { base, self } = object
  // Reads through null fail as any other does.
  if (base === null) return getMember(base, key)
  const value: unknown = Reflect.get(base, key as PropertyKey, self)
  return typeof value === "function" ? replaced(value) : value
}

const setAny = (object: any, key: any, value: unknown): void => {
  if (!(object instanceof SuperReference)) return setMember(object, key, value)
  const { base, self } = object
  if (isIntrinsic(self)) refuseWrite(self as object, key as PropertyKey)
  if (base === null) (base as any)[key] = value
  else if (!Reflect.set(base, key as PropertyKey, value, self)) {
    throw new TypeError(`Cannot assign to read only property '${String(key)}' of object`)
  }
}

/** The receiver of a method call. */
export const receiverOf = (object: unknown): unknown =>
  object instanceof SuperReference ? object.self : object

export const getMethod = getAny

const isNullish = (value: unknown): value is null | undefined =>
  value === null || value === undefined

/** Cuts an optional chain where its object is missing. */
export const guarded = (object: Evaluate, isOptional: boolean): Evaluate =>
  isOptional
    ? (E, F) => {
      const value = object(E, F)
      return isNullish(value) ? SKIPPED : value
    }
    : object

/** A key that cannot name a replaced function: the property is read as it is. */
export const isPlainName = (key: Expression): key is Extract<Expression, { readonly t: "Lit" }> =>
  key.t === "Lit" && (typeof key.v === "number" || !isReplacedName(String(key.v)))

export const get = (node: Get, compiler: Compiler): Evaluate => {
  const { ch, k, opt, p, s } = node
  const object = guarded(compiler.expression(node.o), opt === 1)
  const key = compiler.expression(k)
  if (s !== undefined) {
    return operands([object, key], s, (values, F) => {
      F.at = p
      return getAny(values[0], values[1])
    })
  }
  const maySkip = opt === 1 || ch === 1
  if (node.o.t === "Super" || maySkip) {
    return (E, F) => {
      const base = object(E, F)
      if (base === SKIPPED) return base
      const name = key(E, F)
      F.at = p
      return getAny(base, name)
    }
  }
  if (isPlainName(k)) {
    const name = k.v as string
    return (E, F) => {
      const base = object(E, F) as any
      F.at = p
      return base[name]
    }
  }
  return (E, F) => {
    const base = object(E, F) as any
    const name = key(E, F) as any
    F.at = p
    return typeof name === "number" ? base[name] : getMember(base, name)
  }
}

export const setProperty = ({ e, k, o, p, s }: SetM, compiler: Compiler): Evaluate => {
  const object = compiler.expression(o)
  const key = compiler.expression(k)
  const given = compiler.expression(e)
  if (s !== undefined) {
    return operands([object, key, given], s, (values, F) => {
      F.at = p
      setAny(values[0], values[1], values[2])
      return values[2]
    })
  }
  if (o.t !== "Super" && k.t === "Lit") {
    const name = k.v as string
    return (E, F) => {
      const base = object(E, F) as any
      const value = given(E, F)
      F.at = p
      if (isIntrinsic(base)) refuseWrite(base as object, name)
      try {
        base[name] = value
      } catch (error) {
        throw aboutObject(error, base)
      }
      return value
    }
  }
  return (E, F) => {
    const base = object(E, F) as any
    const name = key(E, F) as any
    const value = given(E, F)
    F.at = p
    if (typeof name === "number" && Array.isArray(base) && base !== Array.prototype) {
      base[name] = value
    } else setAny(base, name, value)
    return value
  }
}

/** The property as it was, read between key and right side. */
const oldValue = (s: number, p: number): Evaluate =>
  resumable((_E, F) => {
    F.at = p
    return getAny(F.slots[s + 1], F.slots[s + 2])
  })

export const operateProperty = (
  { e, k, o, op, p, pr = p, po = p, s }: OpM,
  compiler: Compiler
): Evaluate => {
  const object = compiler.expression(o)
  const key = compiler.expression(k)
  const given = compiler.expression(e)
  const operate = operation(op)
  if (s !== undefined) {
    return operands([object, key, oldValue(s, pr), given], s, ([base, name, old, right], F) => {
      F.at = po
      const value = operate(old, right)
      F.at = p
      setAny(base, name, value)
      return value
    })
  }
  return (E, F) => {
    const base = object(E, F)
    const name = key(E, F)
    F.at = pr
    const old = getAny(base, name)
    const right = given(E, F)
    F.at = po
    const value = operate(old, right)
    F.at = p
    setAny(base, name, value)
    return value
  }
}

export const logicalProperty = (
  { e, k, o, op, p, pr = p, s }: LogM,
  compiler: Compiler
): Evaluate => {
  const object = compiler.expression(o)
  const key = compiler.expression(k)
  const given = compiler.expression(e)
  const isDecided = decides(op)
  if (s === undefined) {
    return (E, F) => {
      const base = object(E, F)
      const name = key(E, F)
      F.at = pr
      const old = getAny(base, name)
      if (isDecided(old)) return old
      const value = given(E, F)
      F.at = p
      setAny(base, name, value)
      return value
    }
  }
  // The slot counts: 0 object, 1 key, 2 old value, 3 right side.
  const before = [object, key, oldValue(s, pr)]
  return resumable((E, F) => {
    const S = F.slots
    for (let at = S[s] as number; at < 3; at++) {
      const value = before[at]!(E, F)
      if (value === SUSPENDED) {
        S[s] = at
        return value
      }
      S[s + 1 + at] = value
      S[s] = at + 1
    }
    const old = S[s + 3]
    const value = isDecided(old) ? old : given(E, F)
    if (value === SUSPENDED) return value
    const base = S[s + 1]
    const name = S[s + 2]
    clear(S, s, s + 5)
    if (!isDecided(old)) {
      F.at = p
      setAny(base, name, value)
    }
    return value
  })
}

export const updateProperty = (
  { by, k, o, p, pr = p, pre, s }: UpdM,
  compiler: Compiler
): Evaluate => {
  const object = compiler.expression(o)
  const key = compiler.expression(k)
  const update = (base: unknown, name: unknown, F: Frame): unknown => {
    F.at = pr
    const old = toNumeric(getAny(base, name))
    const value = stepped(old, by)
    F.at = p
    setAny(base, name, value)
    return pre === 1 ? value : old
  }
  return s === undefined
    ? (E, F) => {
      const base = object(E, F)
      return update(base, key(E, F), F)
    }
    : operands([object, key], s, (values, F) => update(values[0], values[1], F))
}

export const deleteProperty = (
  { ch, k, o, opt, p, s }: Del,
  compiler: Compiler
): Evaluate => {
  const object = guarded(compiler.expression(o), opt === 1)
  const key = compiler.expression(k)
  const remove = (base: unknown, name: unknown, F: Frame): unknown => {
    F.at = p
    if (base instanceof SuperReference) throw new ReferenceError("Unsupported reference to 'super'")
    return deleteMember(base, name)
  }
  if (s !== undefined) {
    return operands([object, key], s, (values, F) => remove(values[0], values[1], F))
  }
  return (E, F) => {
    const base = object(E, F)
    if ((opt === 1 || ch === 1) && base === SKIPPED) return base
    return remove(base, key(E, F), F)
  }
}

export const privateName = ({ d, i }: Priv): Evaluate => (E: Env) => envAt(E, d)[i]

export const isPrivateIn = ({ e, k, p }: PrivIn, compiler: Compiler): Evaluate => {
  const key = privateName(k)
  const object = compiler.expression(e)
  return (E, F) => {
    const value = object(E, F)
    if (value === SUSPENDED) return value
    F.at = p
    return hasPrivate(value, key(E, F) as PrivateKey)
  }
}
