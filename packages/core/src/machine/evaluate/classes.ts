/**
 * Class expressions.
 *
 * @since 0.1.0
 */
import type { ClassExpression } from "../../program/Expression.ts"
import { defineClass } from "../classes.ts"
import { envMaker, type Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env } from "../Frame.ts"
import { SUSPENDED, UNSET } from "../signals.ts"
import { toPropertyKey } from "./literals.ts"
import { clear, resumable } from "./resumable.ts"
import { envAt } from "./variables.ts"

export const classExpression = (node: ClassExpression, compiler: Compiler): Evaluate => {
  const { p, s, self, size, tdz } = node
  const { program } = compiler
  const heritage = node.ext === undefined ? undefined : compiler.expression(node.ext)
  const keys = compiler.expressions(node.keys)
  const makeEnv = envMaker(size, tdz)
  const enter = (E: Env): Env => {
    if (size > 0) return makeEnv(E)
    for (const index of tdz) E[index] = UNSET
    return E
  }
  const bindSelf = (env: Env, fn: object): void => {
    if (self !== undefined) envAt(env, self.d)[self.i] = fn
  }
  if (s === undefined) {
    return (E, F) => {
      const env = enter(E)
      const parent = heritage?.(env, F)
      const names = keys.map((key) => toPropertyKey(key(env, F)))
      F.at = p
      return defineClass(node, program, env, parent, names, bindSelf)
    }
  }
  // Slots: operands done, the environment, the heritage, the keys.
  const end = s + 3 + keys.length
  return resumable((E, F) => {
    const S = F.slots
    const env = size === 0 ? E : S[s + 1] === 0 ? enter(E) : S[s + 1] as Env
    if (size === 0 && S[s] === 0) enter(E)
    S[s + 1] = env
    for (let at = S[s] as number; at <= keys.length; at++) {
      const value = at === 0 ? heritage?.(env, F) : keys[at - 1]!(env, F)
      if (value === SUSPENDED) {
        S[s] = at
        return value
      }
      S[s + 2 + at] = at === 0 ? value : toPropertyKey(value)
    }
    const parent = S[s + 2]
    const names = S.slice(s + 3, end) as Array<PropertyKey>
    clear(S, s, end)
    F.at = p
    return defineClass(node, program, env, parent, names, bindSelf)
  })
}
