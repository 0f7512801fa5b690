/**
 * Statements that are neither loops nor `try`.
 *
 * @since 0.1.0
 */
import type {
  Blk,
  Brk,
  Cnt,
  Ex,
  If,
  Lbl,
  Ret,
  ScopeStatement,
  Switch,
  Throw
} from "../../program/Statement.ts"
import { envMaker, type Evaluate, type Execute } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame } from "../Frame.ts"
import { BREAK, type Completion, jump, RETURN, SUSPENDED, UNSET } from "../signals.ts"
import { clear, resumable } from "./resumable.ts"

export const block = ({ b, s }: Blk, compiler: Compiler): Execute => {
  const parts = b.map(compiler.statement)
  const { length } = parts
  const [first, second] = parts
  if (s !== undefined) {
    return resumable((E, F) => {
      const S = F.slots
      for (let at = S[s] as number; at < length; at++) {
        const completion = parts[at]!(E, F)
        if (completion !== undefined) {
          S[s] = completion === SUSPENDED ? at : 0
          return completion
        }
      }
      S[s] = 0
      return undefined
    })
  }
  switch (length) {
    case 0:
      return () => undefined
    case 1:
      return first!
    case 2:
      return (E, F) => first!(E, F) ?? second!(E, F)
    default:
      return (E, F) => {
        for (let at = 0; at < length; at++) {
          const completion = parts[at]!(E, F)
          if (completion !== undefined) return completion
        }
        return undefined
      }
  }
}

/** The environment of a scope: one of its own, or the one outside with its dead zones marked. */
export const scopeEnv = (
  size: number,
  tdz: ReadonlyArray<number>
): (E: Env) => Env => {
  if (size > 0) return envMaker(size, tdz)
  if (tdz.length === 0) return (E) => E
  return (E) => {
    for (let at = 0; at < tdz.length; at++) E[tdz[at]!] = UNSET
    return E
  }
}

export const scope = ({ b, s, size, tdz }: ScopeStatement, compiler: Compiler): Execute => {
  const body = compiler.statement(b)
  const enter = scopeEnv(size, tdz)
  if (s === undefined) return size === 0 && tdz.length === 0 ? body : (E, F) => body(enter(E), F)
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const env = enter(E)
      S[s] = 1
      if (size > 0) S[s + 1] = env
    }
    const completion = body(size > 0 ? S[s + 1] as Env : E, F)
    if (completion !== SUSPENDED) clear(S, s, s + 2)
    return completion
  })
}

export const expressionStatement = ({ e }: Ex, compiler: Compiler): Execute => {
  const value = compiler.expression(e)
  return e.t !== "Var" && "s" in e && e.s !== undefined
    ? (E, F) => value(E, F) === SUSPENDED ? SUSPENDED : undefined
    : (E, F) => {
      value(E, F)
      return undefined
    }
}

export const returnStatement = ({ e, s }: Ret, compiler: Compiler): Execute => {
  const value = compiler.expression(e)
  if (s === undefined) {
    return (E, F) => {
      F.result = value(E, F)
      return RETURN
    }
  }
  return (E, F) => {
    const result = value(E, F)
    if (result === SUSPENDED) return SUSPENDED
    F.result = result
    return RETURN
  }
}

export const throwStatement = ({ e, p }: Throw, compiler: Compiler): Execute => {
  const value = compiler.expression(e)
  return (E, F) => {
    const error = value(E, F)
    if (error === SUSPENDED) return SUSPENDED
    F.at = p
    throw error
  }
}

export const ifStatement = ({ a, b, c, s }: If, compiler: Compiler): Execute => {
  const test = compiler.expression(c)
  const whenTrue = compiler.statement(a)
  const whenFalse: Execute = b === undefined ? () => undefined : compiler.statement(b)
  if (s === undefined) return (E, F) => test(E, F) ? whenTrue(E, F) : whenFalse(E, F)
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const value = test(E, F)
      if (value === SUSPENDED) return SUSPENDED
      S[s] = value ? 1 : 2
    }
    const completion = S[s] === 1 ? whenTrue(E, F) : whenFalse(E, F)
    if (completion !== SUSPENDED) S[s] = 0
    return completion
  })
}

export const labelled = ({ b, l }: Lbl, compiler: Compiler): Execute => {
  const body = compiler.statement(b)
  const own = jump("break", l)
  return (E, F) => {
    const completion = body(E, F)
    return completion === own ? undefined : completion
  }
}

export const breakStatement = ({ l }: Brk): Execute => {
  const completion = jump("break", l)
  return () => completion
}

export const continueStatement = ({ l }: Cnt): Execute => {
  const completion = jump("continue", l)
  return () => completion
}

interface Case {
  readonly test: Evaluate | undefined
  readonly body: Execute
}

const enterSwitch = ({ fns, size, tdz }: Switch, compiler: Compiler) => {
  const enter = scopeEnv(size, tdz)
  const functions = fns.map(compiler.statement)
  return (E: Env, F: Frame): Env => {
    const env = enter(E)
    for (const define of functions) define(env, F)
    return env
  }
}

export const switchStatement = (node: Switch, compiler: Compiler): Execute => {
  const { s, size } = node
  const discriminant = compiler.expression(node.d)
  const enter = enterSwitch(node, compiler)
  const cases = node.cs.map(({ b, e }): Case => ({
    test: e === undefined ? undefined : compiler.expression(e),
    body: compiler.statement(b)
  }))
  const fallback = cases.findIndex(({ test }) => test === undefined)
  const { length } = cases
  const leave = (completion: Completion): Completion | undefined =>
    completion === BREAK ? undefined : completion
  if (s === undefined) {
    return (E, F) => {
      const value = discriminant(E, F)
      const env = enter(E, F)
      let at = cases.findIndex(({ test }) => test !== undefined && test(env, F) === value)
      if (at < 0) at = fallback
      for (; at >= 0 && at < length; at++) {
        const completion = cases[at]!.body(env, F)
        if (completion !== undefined) return leave(completion)
      }
      return undefined
    }
  }
  // Slots: 0, 1 while cases are tested, 2 in the bodies; the value, the case, the environment.
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const value = discriminant(E, F)
      if (value === SUSPENDED) return SUSPENDED
      const env = enter(E, F)
      if (size > 0) S[s + 3] = env
      S[s + 1] = value
      S[s + 2] = 0
      S[s] = 1
    }
    const env = size > 0 ? S[s + 3] as Env : E
    if (S[s] === 1) {
      let found = fallback
      for (let at = S[s + 2] as number; at < length; at++) {
        const { test } = cases[at]!
        if (test === undefined) continue
        const value = test(env, F)
        if (value === SUSPENDED) {
          S[s + 2] = at
          return SUSPENDED
        }
        if (value === S[s + 1]) {
          found = at
          break
        }
      }
      S[s] = 2
      S[s + 2] = found < 0 ? length : found
    }
    for (let at = S[s + 2] as number; at < length; at++) {
      const completion = cases[at]!.body(env, F)
      if (completion === SUSPENDED) {
        S[s + 2] = at
        return completion
      }
      if (completion !== undefined) {
        clear(S, s, s + 4)
        return leave(completion)
      }
    }
    clear(S, s, s + 4)
    return undefined
  })
}
