/**
 * `try`, with the completions of the language: what `finally` ends with wins, else what was
 * before it goes on.
 *
 * @since 0.1.0
 */
import type { SlotRange, Try } from "../../program/Statement.ts"
import type { Execute } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame, Task } from "../Frame.ts"
import { type Completion, GeneratorReturn, SUSPENDED } from "../signals.ts"
import { caught } from "../stack.ts"
import { clear, resumable } from "./resumable.ts"
import { scopeEnv } from "./statements.ts"
import { storeAt } from "./variables.ts"

/** How a part ended that a `finally` follows. */
export class Pending {
  readonly isThrown: boolean
  readonly completion: Completion | undefined
  /** What was thrown, or the frame's result at that time. */
  readonly value: unknown

  constructor(isThrown: boolean, completion: Completion | undefined, value: unknown) {
    this.isThrown = isThrown
    this.completion = completion
    this.value = value
  }
}

/** Goes on with what a `finally` interrupted. */
const proceed = ({ completion, isThrown, value }: Pending, F: Frame): Completion | undefined => {
  if (isThrown) throw value
  F.result = value
  return completion
}

interface Handler {
  readonly enter: (E: Env, error: unknown) => Env
  readonly body: Execute
  readonly hasEnv: boolean
  readonly slots: SlotRange | undefined
}

const handlerOf = ({ c }: Try, compiler: Compiler): Handler | undefined => {
  if (c === undefined) return undefined
  const enter = scopeEnv(c.size, c.tdz)
  const store = storeAt(c.exc)
  return {
    enter: (E, error) => {
      const env = enter(E)
      store(env, error)
      return env
    },
    body: compiler.statement(c.b),
    hasEnv: c.size > 0,
    slots: c.r
  }
}

const plainTry = (node: Try, compiler: Compiler): Execute => {
  const body = compiler.statement(node.b)
  const handler = handlerOf(node, compiler)
  const guarded: Execute = handler === undefined ? body : (E, F) => {
    try {
      return body(E, F)
    } catch (error) {
      const thrown = caught(F, error)
      if (thrown instanceof GeneratorReturn) throw thrown
      return handler.body(handler.enter(E, thrown), F)
    }
  }
  if (node.f === undefined) return guarded
  const last = compiler.statement(node.f)
  return (E, F) => {
    let pending: Pending
    try {
      const completion = guarded(E, F)
      pending = new Pending(false, completion, F.result)
    } catch (error) {
      pending = new Pending(true, undefined, caught(F, error))
    }
    return last(E, F) ?? proceed(pending, F)
  }
}

const IN_BODY = 0
const IN_HANDLER = 1
const IN_FINALLY = 2

/** Slots: the part that runs, what a `finally` interrupted, the handler's environment. */
const resumableTry = (node: Try, s: number, compiler: Compiler): Execute => {
  const { br, fr } = node
  const body = compiler.statement(node.b)
  const handler = handlerOf(node, compiler)
  const last = node.f === undefined ? undefined : compiler.statement(node.f)

  /** An exception leaves a part: the slots of what it abandons are free again. */
  const abandoned = (F: Task, error: unknown, range: SlotRange | undefined): unknown => {
    const thrown = caught(F, error)
    if (range !== undefined) clear(F.slots, range[0], range[1])
    return thrown
  }

  const runBody = (E: Env, F: Task): Completion | Pending | undefined => {
    try {
      return body(E, F)
    } catch (error) {
      const thrown = abandoned(F, error, br)
      if (handler === undefined || thrown instanceof GeneratorReturn) {
        return new Pending(true, undefined, thrown)
      }
      const env = handler.enter(E, thrown)
      F.slots[s] = IN_HANDLER
      if (handler.hasEnv) F.slots[s + 2] = env
      return undefined
    }
  }

  const runHandler = (E: Env, F: Task): Completion | Pending | undefined => {
    const { body, hasEnv, slots } = handler!
    try {
      return body(hasEnv ? F.slots[s + 2] as Env : E, F)
    } catch (error) {
      return new Pending(true, undefined, abandoned(F, error, slots))
    }
  }

  return resumable((E, F) => {
    const S = F.slots
    let ended: Completion | Pending | undefined
    if (S[s] === IN_BODY) {
      ended = runBody(E, F)
      if (ended === SUSPENDED) return SUSPENDED
    }
    if (S[s] === IN_HANDLER) {
      ended = runHandler(E, F)
      if (ended === SUSPENDED) return SUSPENDED
    }
    let pending: Pending
    if (S[s] === IN_FINALLY) pending = S[s + 1] as Pending
    else pending = ended instanceof Pending ? ended : new Pending(false, ended, F.result)
    if (last === undefined) {
      clear(S, s, s + 4)
      return proceed(pending, F)
    }
    S[s] = IN_FINALLY
    S[s + 1] = pending
    let completion: Completion | undefined
    try {
      completion = last(E, F)
    } catch (error) {
      const thrown = abandoned(F, error, fr)
      clear(S, s, s + 4)
      throw thrown
    }
    if (completion === SUSPENDED) return completion
    clear(S, s, s + 4)
    return completion ?? proceed(pending, F)
  })
}

export const tryStatement = (node: Try, compiler: Compiler): Execute =>
  node.s === undefined ? plainTry(node, compiler) : resumableTry(node, node.s, compiler)
