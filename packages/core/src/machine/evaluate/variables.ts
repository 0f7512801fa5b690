/**
 * Reading and writing variables, specialised by how many environments up they are.
 *
 * @since 0.1.0
 */
import type { Address, SetVar, Upd, Var } from "../../program/Expression.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame } from "../Frame.ts"
import { SUSPENDED, UNSET } from "../signals.ts"

/** The environment that holds a variable. */
export const envAt = (env: Env, depth: number): Env => {
  let at = env
  for (let up = depth; up > 0; up--) at = at[0] as Env
  return at
}

/** Stores into an address that is known to be a plain temporary. */
export const storeAt = ({ d, i }: Address): (env: Env, value: unknown) => void => {
  switch (d) {
    case 0:
      return (E, value) => {
        E[i] = value
      }
    default:
      return (E, value) => {
        envAt(E, d)[i] = value
      }
  }
}

/** Notes the position and gives the error for a variable in its dead zone. */
export const unset = (F: Frame, name: string, position: number | undefined): ReferenceError => {
  if (position !== undefined) F.at = position
  return new ReferenceError(`Cannot access '${name}' before initialization`)
}

const constant = (F: Frame, position: number | undefined): TypeError => {
  if (position !== undefined) F.at = position
  return new TypeError("Assignment to constant variable.")
}

export const variable = ({ d, i, n, p, z }: Var): Evaluate => {
  if (z !== 1) {
    switch (d) {
      case 0:
        return (E) => E[i]
      case 1:
        return (E) => (E[0] as Env)[i]
      case 2:
        return (E) => ((E[0] as Env)[0] as Env)[i]
      default:
        return (E) => envAt(E, d)[i]
    }
  }
  switch (d) {
    case 0:
      return (E, F) => {
        const value = E[i]
        if (value === UNSET) throw unset(F, n, p)
        return value
      }
    case 1:
      return (E, F) => {
        const value = (E[0] as Env)[i]
        if (value === UNSET) throw unset(F, n, p)
        return value
      }
    default:
      return (E, F) => {
        const value = envAt(E, d)[i]
        if (value === UNSET) throw unset(F, n, p)
        return value
      }
  }
}

export const setVariable = (node: SetVar, compiler: Compiler): Evaluate => {
  const { c, d, i, n, p, s, z } = node
  const e = compiler.expression(node.e)
  if (c === 1 || z === 1) {
    return (E, F) => {
      const value = e(E, F)
      if (value === SUSPENDED) return value
      const env = envAt(E, d)
      if (z === 1 && env[i] === UNSET) throw unset(F, n, p)
      if (c === 1) throw constant(F, p)
      env[i] = value
      return value
    }
  }
  if (s !== undefined) {
    return (E, F) => {
      const value = e(E, F)
      if (value !== SUSPENDED) envAt(E, d)[i] = value
      return value
    }
  }
  switch (d) {
    case 0:
      return (E, F) => E[i] = e(E, F)
    case 1:
      return (E, F) => (E[0] as Env)[i] = e(E, F)
    default:
      return (E, F) => envAt(E, d)[i] = e(E, F)
  }
}

/**
 * What `++` and `--` make of a value: a number or a bigint. Unary minus converts as they do;
 * `+` would refuse a bigint.
 */
export const toNumeric = (value: any): number | bigint =>
  typeof value === "number" || typeof value === "bigint" ? value : -(-value)

/** One more or one less. */
export const stepped = (value: number | bigint, by: 1 | -1): number | bigint =>
  typeof value === "bigint" ? value + BigInt(by) : value + by

export const update = ({ by, c, d, i, n, p, pr = p, pre, z }: Upd): Evaluate => {
  const isPrefix = pre === 1
  return (E, F) => {
    const env = d === 0 ? E : envAt(E, d)
    const old = env[i]
    if (typeof old === "number" && c !== 1) {
      const next = old + by
      env[i] = next
      return isPrefix ? next : old
    }
    if (z === 1 && old === UNSET) throw unset(F, n, pr)
    if (pr !== undefined) F.at = pr
    const before = toNumeric(old)
    if (c === 1) throw constant(F, p)
    const next = stepped(before, by)
    env[i] = next
    return isPrefix ? next : before
  }
}
