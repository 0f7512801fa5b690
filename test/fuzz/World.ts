/**
 * The world that a program runs in: virtual time, and actions whose outcomes and latencies are
 * fixed by the seed and the position of the call. Both runs meet the same world.
 *
 * @since 0.1.0
 */
import type { Outcome, Policy } from "@rappel/core/machine/Model"
import { decodeValue, encodeError, encodeValue, type ValueHost } from "@rappel/core/value/Value"
import { hash } from "./Random.ts"

/** The clock's start. */
export const EPOCH = 1_700_000_000_000

/** Knows no class: instances show as objects of a class of that name. */
export const openHost: ValueHost = {
  classOf: (prototype) => {
    if (!Object.hasOwn(prototype, "constructor")) return undefined
    const constructor = prototype.constructor as { readonly name?: string }
    return { name: constructor.name ?? "", bases: [] }
  },
  prototypeOf: ({ name }) => {
    let prototype = prototypes.get(name)
    if (prototype === undefined) {
      prototype = Object.create(Object.prototype, { constructor: { value: { name } } }) as object
      prototypes.set(name, prototype)
    }
    return prototype
  }
}

const prototypes = new Map<string, object>()

interface Item {
  readonly due: number
  readonly seq: number
  readonly run: () => void
}

/** A virtual event loop: the earliest first, then in the order of adding. */
export class Agenda {
  #items: Array<Item> = []
  #seq = 0
  now = EPOCH

  add(due: number, run: () => void): number {
    this.#items.push({ due, seq: ++this.#seq, run })
    return this.#seq
  }

  remove(seq: number): void {
    const at = this.#items.findIndex((item) => item.seq === seq)
    if (at >= 0) this.#items.splice(at, 1)
  }

  /** The next item, taken out; the clock is at its time. */
  next(): (() => void) | undefined {
    let best: Item | undefined
    for (const item of this.#items) {
      if (best === undefined || item.due < best.due) best = item
    }
    if (best === undefined) return undefined
    this.remove(best.seq)
    this.now = Math.max(this.now, best.due)
    return best.run
  }
}

const LATENCIES = [0, 0, 1, 1, 3, 7, 20]

/** What a call comes to, and after how long. */
export const perform = (
  seed: number,
  call: number,
  action: string,
  args: string,
  policy: Policy
): { readonly latency: number; readonly outcome: Outcome } => {
  const latency = LATENCIES[Math.floor(hash(seed, call) * LATENCIES.length)]!
  const attempts = policy.retry?.attempts ?? 1
  const given = decodeValue(args, openHost) as ReadonlyArray<unknown>
  for (let attempt = 1;; attempt++) {
    const error = failureOf(seed, call * 16 + attempt, action, given)
    if (error === undefined) {
      return {
        latency: latency * attempt,
        outcome: { ok: true, value: encodeValue(given[0], openHost) }
      }
    }
    if (attempt < attempts) continue
    return {
      latency: latency * attempt,
      outcome: {
        ok: false,
        error: encodeError(error, openHost),
        ...(policy.retry === undefined ? {} : { attempts: attempt })
      }
    }
  }
}

const failureOf = (
  seed: number,
  at: number,
  action: string,
  given: ReadonlyArray<unknown>
): Error | undefined => {
  if (action === "echo") return undefined
  const roll = action === "fail" ? 0.5 : hash(seed ^ 0x5bd1e995, at)
  if (roll > 0.6) return undefined
  const error = roll < 0.2
    ? new TypeError(`flaky ${String(given[0])}`)
    : roll < 0.4
    ? Object.assign(new Error("own fields"), { code: 7, when: { at: new Date(3) } })
    : action === "fail"
    ? new Error(String(given[0]))
    : new RangeError("flaky", { cause: new Error("below") })
  error.stack = `${String(error)}\n    at ${action} (worker.ts:1:1)`
  return error
}
