/**
 * Loops. Every turn burns fuel, so none runs for ever.
 *
 * @since 0.1.0
 */
import type { Do, For, ForOf, While } from "../../program/Statement.ts"
import { getAsyncIterator } from "../asyncFromSync.ts"
import type { Execute } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Env, Frame, Task } from "../Frame.ts"
import {
  asResult,
  closeIterator,
  END,
  getIterator,
  isPlainArray,
  IteratorRecord,
  nextItem,
  returnMethod,
  typeAndValue
} from "../iteration.ts"
import { KeyIterator } from "../keys.ts"
import { running } from "../running.ts"
import { BREAK, type Completion, CONTINUE, GeneratorReturn, jump, SUSPENDED } from "../signals.ts"
import { caught } from "../stack.ts"
import { abandon } from "./patterns.ts"
import { clear, resumable } from "./resumable.ts"
import { scopeEnv } from "./statements.ts"
import { suspendFor, takeSent } from "./suspension.ts"
import { storeAt } from "./variables.ts"

/** Whether a completion of the body goes on with the next turn. */
type Continues = (completion: Completion) => boolean

const continuesWith = (labels: ReadonlyArray<string>): Continues => {
  const own = labels.map((label) => jump("continue", label))
  return own.length === 0
    ? (completion) => completion === CONTINUE
    : (completion) => completion === CONTINUE || own.includes(completion)
}

/** What a loop that ends hands up. */
const leave = (completion: Completion): Completion | undefined =>
  completion === BREAK ? undefined : completion

const always = () => true

export const whileLoop = (node: While | Do, compiler: Compiler): Execute => {
  const { L, p, s, t } = node
  const test = compiler.expression(node.c)
  const body = compiler.statement(node.b)
  const continues = continuesWith(L)
  const testsFirst = t === "While"
  if (s === undefined) {
    return (E, F) => {
      if (testsFirst && !test(E, F)) return undefined
      do {
        F.at = p
        running.burn(F)
        const completion = body(E, F)
        if (completion !== undefined && !continues(completion)) return leave(completion)
      } while (test(E, F))
      return undefined
    }
  }
  // The slot: 1 in the test, 2 in the body.
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) S[s] = testsFirst ? 1 : 2
    for (;;) {
      if (S[s] === 1) {
        const value = test(E, F)
        if (value === SUSPENDED) return SUSPENDED
        if (!value) {
          S[s] = 0
          return undefined
        }
        S[s] = 2
      }
      F.at = p
      running.burn(F)
      const completion = body(E, F)
      if (completion === SUSPENDED) return completion
      if (completion !== undefined && !continues(completion)) {
        S[s] = 0
        return leave(completion)
      }
      S[s] = 1
    }
  })
}

export const forLoop = (node: For, compiler: Compiler): Execute => {
  const { L, p, s, size, tdz } = node
  const enter = scopeEnv(size, tdz)
  const init = compiler.statement(node.init)
  const test = node.c === undefined ? always : compiler.expression(node.c)
  const step = node.u === undefined ? always : compiler.expression(node.u)
  const body = compiler.statement(node.b)
  const continues = continuesWith(L)
  const hasEnv = size > 0
  // Closures of one turn must not see the variables of the next.
  const copy = (env: Env): Env => hasEnv ? env.slice() : env
  if (s === undefined) {
    return (E, F) => {
      let env = enter(E)
      init(env, F)
      env = copy(env)
      while (test(env, F)) {
        F.at = p
        running.burn(F)
        const completion = body(env, F)
        if (completion !== undefined && !continues(completion)) return leave(completion)
        env = copy(env)
        step(env, F)
      }
      return undefined
    }
  }
  // Slots: 1 in the initialiser, 2 in the test, 3 in the body, 4 in the step; the environment.
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const env = enter(E)
      if (hasEnv) S[s + 1] = env
      S[s] = 1
    }
    let env = hasEnv ? S[s + 1] as Env : E
    const turn = (): void => {
      env = copy(env)
      if (hasEnv) S[s + 1] = env
    }
    if (S[s] === 1) {
      if (init(env, F) === SUSPENDED) return SUSPENDED
      turn()
      S[s] = 2
    }
    for (;;) {
      if (S[s] === 2) {
        const value = test(env, F)
        if (value === SUSPENDED) return SUSPENDED
        if (!value) {
          clear(S, s, s + 2)
          return undefined
        }
        S[s] = 3
        F.at = p
        running.burn(F)
      }
      if (S[s] === 3) {
        const completion = body(env, F)
        if (completion === SUSPENDED) return completion
        if (completion !== undefined && !continues(completion)) {
          clear(S, s, s + 2)
          return leave(completion)
        }
        turn()
        S[s] = 4
      }
      if (step(env, F) === SUSPENDED) return SUSPENDED
      S[s] = 2
    }
  })
}

/** What a loop iterates over; for `in` the keys. */
const open = (node: ForOf, value: unknown): IteratorRecord => {
  if (node.t === "ForOf") return getIterator(value, node)
  const keys = new KeyIterator(value)
  return new IteratorRecord(keys, keys.next)
}

const plainForOf = (node: ForOf, compiler: Compiler): Execute => {
  const { L, p, pc = p, pn = p, size, t, tdz } = node
  const source = compiler.expression(node.e)
  const enter = scopeEnv(size, tdz)
  const store = storeAt(node.item)
  const bind = compiler.statement(node.bind)
  const body = compiler.statement(node.b)
  const continues = continuesWith(L)
  const turn = (E: Env, F: Frame, item: unknown): Completion | undefined => {
    F.at = p
    running.burn(F)
    const env = enter(E)
    store(env, item)
    bind(env, F)
    const completion = body(env, F)
    return completion === undefined || continues(completion) ? undefined : completion
  }
  return (E, F) => {
    const value = source(E, F)
    F.at = p
    if (t === "ForOf" && isPlainArray(value)) {
      // The length is read in each turn, as an array's iterator does.
      for (let at = 0; at < value.length; at++) {
        const completion = turn(E, F, value[at])
        if (completion !== undefined) return leave(completion)
      }
      return undefined
    }
    const record = open(node, value)
    F.at = pn
    for (let item = nextItem(record); item !== END; item = nextItem(record)) {
      let completion: Completion | undefined
      try {
        completion = turn(E, F, item)
      } catch (error) {
        const thrown = caught(F, error)
        F.at = pc
        abandon(record, thrown)
        throw error
      }
      if (completion !== undefined) {
        F.at = pc
        closeIterator(record)
        return leave(completion)
      }
      F.at = pn
    }
    return undefined
  }
}

/** Where a resumable `for … of` is, by the number in its first slot. */
const NEXT_ITEM = 1
const BINDS = 2
const IN_BODY = 3
/** Only `for await`: */
const AWAITS_ITEM = 4
const AWAITS_CLOSE = 5
const AWAITS_CLOSE_AFTER_THROW = 6

/** What a `for await` goes on with when its iterator has closed. */
export class Ending {
  readonly completion: Completion | undefined
  readonly error: unknown
  readonly result: unknown

  constructor(completion: Completion | undefined, error: unknown, result: unknown) {
    this.completion = completion
    this.error = error
    this.result = result
  }
}

/** Slots: phase, iterator, environment, ending. */
const resumableForOf = (node: ForOf, s: number, compiler: Compiler): Execute => {
  const { L, aw, p, pc = p, pn = p, size, tdz } = node
  const isAsync = aw === 1
  const source = compiler.expression(node.e)
  const enter = scopeEnv(size, tdz)
  const store = storeAt(node.item)
  const bind = compiler.statement(node.bind)
  const body = compiler.statement(node.b)
  const continues = continuesWith(L)

  const finish = (F: Task): void => clear(F.slots, s, s + 5)

  const begin = (E: Env, F: Task, item: unknown): void => {
    F.at = p
    running.burn(F)
    const env = enter(E)
    store(env, item)
    if (size > 0) F.slots[s + 2] = env
    F.slots[s] = BINDS
  }

  /** One turn; `undefined` when the loop goes on. */
  const turn = (E: Env, F: Task): Completion | undefined => {
    const S = F.slots
    const env = size > 0 ? S[s + 2] as Env : E
    if (S[s] === BINDS) {
      if (bind(env, F) === SUSPENDED) return SUSPENDED
      S[s] = IN_BODY
    }
    const completion = body(env, F)
    return completion === undefined || continues(completion) ? undefined : completion
  }

  /** Closes an async iterator; the ending waits in a slot for the promise that it gives. */
  const closeAsync = (F: Task, record: IteratorRecord, phase: number, ending: Ending) => {
    record.isDone = true
    const method = returnMethod(record.iterator)
    if (method === undefined) return undefined
    const suspended = suspendFor(F, Reflect.apply(method, record.iterator, []))
    F.slots[s + 3] = ending
    F.slots[s] = phase
    return suspended
  }

  const leaveAsync = (
    F: Task,
    record: IteratorRecord,
    completion: Completion
  ): Completion | undefined => {
    F.at = pc
    const suspended = closeAsync(
      F,
      record,
      AWAITS_CLOSE,
      new Ending(completion, undefined, F.result)
    )
    if (suspended !== undefined) return suspended
    finish(F)
    return leave(completion)
  }

  const throwAsync = (F: Task, record: IteratorRecord, error: unknown): Completion => {
    let suspended: Completion | undefined
    const isReturn = error instanceof GeneratorReturn
    try {
      suspended = closeAsync(
        F,
        record,
        isReturn ? AWAITS_CLOSE : AWAITS_CLOSE_AFTER_THROW,
        new Ending(undefined, error, undefined)
      )
    } catch (second) {
      // What was thrown first stands; a `return` gives way to what closing throws.
      if (isReturn) throw second
    }
    if (suspended !== undefined) return suspended
    throw error
  }

  /** The iterator has closed: the loop ends as it was about to. */
  const closed = (F: Task, phase: number): Completion | undefined => {
    const { completion, error, result } = F.slots[s + 3] as Ending
    finish(F)
    if (phase === AWAITS_CLOSE_AFTER_THROW) {
      F.sent = undefined
      throw error
    }
    asResult(takeSent(F))
    if (completion === undefined) throw error
    F.result = result
    return leave(completion)
  }

  return resumable((E, F) => {
    const S = F.slots
    const phase = S[s] as number
    if (phase === AWAITS_CLOSE || phase === AWAITS_CLOSE_AFTER_THROW) return closed(F, phase)
    if (phase === 0) {
      const value = source(E, F)
      if (value === SUSPENDED) return SUSPENDED
      F.at = p
      S[s + 1] = isAsync ? getAsyncIterator(value, node) : open(node, value)
      S[s] = NEXT_ITEM
    }
    const record = S[s + 1] as IteratorRecord
    for (;;) {
      if (S[s] === NEXT_ITEM || S[s] === AWAITS_ITEM) {
        let item: unknown
        F.at = pn
        if (!isAsync) item = nextItem(record)
        else if (S[s] === NEXT_ITEM) {
          if (typeof record.next !== "function") {
            throw new TypeError(`${typeAndValue(record.next)} is not a function`)
          }
          const suspended = suspendFor(F, Reflect.apply(record.next, record.iterator, []))
          S[s] = AWAITS_ITEM
          return suspended
        } else {
          const result = asResult(takeSent(F))
          item = result.done ? END : result.value
        }
        if (item === END) {
          finish(F)
          return undefined
        }
        begin(E, F, item)
      }
      let completion: Completion | undefined
      try {
        completion = turn(E, F)
      } catch (error) {
        const thrown = caught(F, error)
        F.at = pc
        if (isAsync) return throwAsync(F, record, thrown)
        abandon(record, thrown)
        throw thrown
      }
      if (completion === SUSPENDED) return completion
      if (completion !== undefined) {
        if (isAsync) return leaveAsync(F, record, completion)
        F.at = pc
        const { result } = F
        closeIterator(record)
        F.result = result
        finish(F)
        return leave(completion)
      }
      S[s] = NEXT_ITEM
    }
  })
}

export const forOfLoop = (node: ForOf, compiler: Compiler): Execute =>
  node.s === undefined ? plainForOf(node, compiler) : resumableForOf(node, node.s, compiler)
