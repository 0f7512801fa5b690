/**
 * Models with behaviour that live across suspensions: state machines, stores, schedulers.
 */
import { sleep, Workflow, workflow } from "@rappel/core"
import { askedOpinion, flakyItem, jobStatus, notify, transform } from "./services.ts"

type Event = "pay" | "ship" | "cancel" | "return"

class IllegalTransition extends Error {
  static readonly code = "E_STATE"
  readonly from: string

  constructor(from: string, event: Event) {
    super(`${event} in state ${from}`)
    this.name = new.target.name
    this.from = from
  }
}

abstract class Machine<S extends string> {
  readonly history: Array<S> = []
  #state: S

  constructor(initial: S) {
    this.#state = initial
  }

  get state(): S {
    return this.#state
  }

  protected abstract table: Readonly<Record<string, Readonly<Partial<Record<Event, S>>>>>

  protected async entered(_state: S): Promise<void> {}

  async send(event: Event): Promise<this> {
    const next = this.table[this.#state]?.[event]
    if (next === undefined) throw new IllegalTransition(this.#state, event)
    this.history.push(this.#state)
    this.#state = next
    await this.entered(next)
    return this
  }
}

class OrderMachine extends Machine<"new" | "paid" | "shipped" | "cancelled"> {
  readonly told: Array<string> = []

  protected override table = {
    new: { pay: "paid", cancel: "cancelled" },
    paid: { ship: "shipped", cancel: "cancelled" },
    shipped: { return: "paid" }
  } as const

  protected override async entered(state: string): Promise<void> {
    this.told.push(await notify("shop", `${super.state} = ${state}`))
  }
}

export const real_state_machine = workflow(async (events: ReadonlyArray<Event>) => {
  const order = new OrderMachine("new")
  try {
    for (const event of events) await order.send(event)
    return { state: order.state, history: order.history, told: order.told }
  } catch (error) {
    if (!(error instanceof IllegalTransition)) throw error
    return {
      name: error.name,
      code: IllegalTransition.code,
      from: error.from,
      message: error.message
    }
  }
})

/** Folds events; a snapshot each few of them, as a store does. */
export const real_event_sourcing = workflow(
  async (events: ReadonlyArray<readonly [string, number]>) => {
    class Account {
      balance = 0
      version = 0
      static replay(events: Iterable<readonly [string, number]>, from = new Account()) {
        for (const event of events) from.apply(event)
        return from
      }
      apply([kind, amount]: readonly [string, number]) {
        this.version++
        if (kind === "in") this.balance += amount
        else if (kind === "out" && (this.balance -= amount) < 0) {
          throw new RangeError(`overdrawn by ${-this.balance} at version ${this.version}`)
        }
      }
    }
    const snapshots: Array<{ readonly version: number; readonly balance: number }> = []
    let account = new Account()
    for (let at = 0; at < events.length; at += 2) {
      account = Account.replay(events.slice(at, at + 2), account)
      const { balance, version } = account
      snapshots.push({ version, balance })
      await sleep(1)
    }
    return { snapshots, again: Account.replay(events).balance === account.balance }
  }
)

class Lru<K, V> {
  readonly #items = new Map<K, V>()
  readonly #limit: number
  hits = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  async get(key: K, load: (key: K) => Promise<V>): Promise<V> {
    const known = this.#items.get(key)
    if (known !== undefined) {
      this.hits++
      this.#items.delete(key)
      this.#items.set(key, known)
      return known
    }
    const value = await load(key)
    this.#items.set(key, value)
    if (this.#items.size > this.#limit) this.#items.delete(this.#items.keys().next().value!)
    return value
  }

  get keys(): ReadonlyArray<K> {
    return [...this.#items.keys()]
  }

  *[Symbol.iterator](): Iterator<readonly [K, V]> {
    yield* this.#items
  }
}

export const real_cache = workflow(async (keys: ReadonlyArray<string>) => {
  const cache = new Lru<string, string>(2)
  for (const key of keys) await cache.get(key, transform)
  return { keys: cache.keys, hits: cache.hits, all: new Map(cache) }
})

class PriorityQueue<A> {
  readonly #heap: Array<readonly [priority: number, item: A]> = []

  get size(): number {
    return this.#heap.length
  }

  push(priority: number, item: A): void {
    let at = this.#heap.push([priority, item]) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#heap[parent]![0] <= priority) break
      ;[this.#heap[at], this.#heap[parent]] = [this.#heap[parent]!, this.#heap[at]!]
      at = parent
    }
  }

  pop(): A | undefined {
    const [top] = this.#heap
    const last = this.#heap.pop()
    if (this.#heap.length > 0 && last !== undefined) {
      this.#heap[0] = last
      for (let at = 0;;) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        let least = at
        if (left < this.#heap.length && this.#heap[left]![0] < this.#heap[least]![0]) least = left
        if (right < this.#heap.length && this.#heap[right]![0] < this.#heap[least]![0]) {
          least = right
        }
        if (least === at) break
        ;[this.#heap[at], this.#heap[least]] = [this.#heap[least]!, this.#heap[at]!]
        at = least
      }
    }
    return top?.[1]
  }
}

export const real_priority_queue = workflow(
  async (jobs: ReadonlyArray<readonly [string, number]>) => {
    const queue = new PriorityQueue<string>()
    for (const [name, priority] of jobs) queue.push(priority, name)
    const done: Array<string> = []
    while (queue.size > 0) {
      const name = queue.pop()!
      done.push(await transform(name))
      // Work makes more work.
      if (name.startsWith("split")) queue.push(0, name.slice(5) || "rest")
    }
    return done
  }
)

/** Two sides hand each other values through a generator. */
export const real_negotiation = workflow(async (ask: number, bid: number) => {
  function* seller(price: number): Generator<number, string, number> {
    for (let round = 1; round <= 5; round++) {
      const offer = yield Math.round(price)
      if (offer >= price) return `sold for ${offer} in round ${round}`
      price -= (price - offer) / 3
    }
    return "no deal"
  }
  const talk = seller(ask)
  let { done, value } = talk.next(0)
  const prices: Array<string | number> = [value]
  while (done !== true) {
    bid = await flakyItem(Math.round(bid / 10) * 4).then((n) => n / 4 + (value as number) / 20)
    ;({ done, value } = talk.next(bid))
    prices.push(value)
  }
  return prices
})

export class RealOnboarding extends Workflow {
  readonly #sent: Array<string> = []
  #left: number

  constructor() {
    super()
    this.#left = 2
  }

  async run(user: { readonly name: string; readonly team?: { readonly lead?: string } }) {
    await this.tell(user.name, "welcome")
    await sleep(1)
    await this.tell(user.team?.lead ?? "nobody", `meet ${user.name}`)
    return { sent: this.#sent, left: this.#left }
  }

  private async tell(who: string, text: string): Promise<void> {
    if (this.#left-- <= 0) throw new RangeError("too many messages")
    this.#sent.push(await notify(who, text))
  }
}

export const real_quorum = workflow(async (voters: ReadonlyArray<string>, needed: number) => {
  const votes: { yes: Array<string>; no: Array<string> } = { yes: [], no: [] }
  await Promise.all(voters.map(async (voter) => {
    const { verdict, who } = await askedOpinion(voter)
    votes[verdict as "yes" | "no"].push(who)
  }))
  return { passed: votes.yes.length >= needed, yes: votes.yes.sort(), no: votes.no }
})

/** Watches several jobs at once, and gives up on those that fail. */
export const real_watch_many = workflow(async (jobs: ReadonlyArray<string>) => {
  const states = new Map(jobs.map((job) => [job, "queued"] as const as [string, string]))
  for (
    let poll = 1;
    [...states.values()].some((state) => state === "queued" || state === "running");
    poll++
  ) {
    for (const [job, state] of states) {
      if (state === "failed") {
        states.delete(job)
        states.set(`${job}!`, "given up")
      } else if (state !== "done" && state !== "given up") {
        states.set(job, await jobStatus(job, poll))
      }
    }
  }
  return states
})

export const real_observers = workflow(async (names: ReadonlyArray<string>) => {
  type Listener = (event: { readonly type: string; readonly at: number }) => void | Promise<void>
  const listeners: Record<string, Set<Listener>> = {}
  const on = (type: string, listener: Listener) => {
    ;(listeners[type] ??= new Set()).add(listener)
    return () => void listeners[type]?.delete(listener)
  }
  const emit = async (type: string, at: number) => {
    for (const listener of listeners[type] ?? []) await listener({ type, at })
  }
  const seen: Array<string> = []
  const offs = names.map((name, i) =>
    on("tick", async ({ at }) => void seen.push(await transform(`${name}${at}`) + i))
  )
  const once = on("tick", () => {
    once()
    seen.push("once")
  })
  await emit("tick", 1)
  offs[0]?.()
  await emit("tick", 2)
  return seen
})
