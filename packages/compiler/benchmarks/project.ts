/**
 * A project of many workflows, as a company has them: helpers, types, classes and actions in
 * modules of their own, every workflow with loops, branches, compensation and fan-outs.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const DOMAINS = [
  "billing",
  "catalog",
  "crm",
  "fraud",
  "ledger",
  "logistics",
  "onboarding",
  "payments",
  "reports",
  "search",
  "support"
]
/** Per domain. */
const WORKFLOWS = 4

/** Writes the project; gives its folder. */
export const writeProject = (): string => {
  const root = mkdtempSync(join(tmpdir(), "rappel-benchmark-"))
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  write("package.json", JSON.stringify({ name: "benchmark", type: "module" }))
  write(
    "tsconfig.json",
    JSON.stringify({ compilerOptions: { strict: true, paths: { "~/*": ["./src/*"] } } })
  )
  write("src/shared/money.ts", MONEY)
  write("src/shared/errors.ts", ERRORS)
  write("src/shared/text.ts", TEXT)
  write(
    "src/shared/index.ts",
    "export * from \"./money\"\nexport * from \"./errors.js\"\nexport * as text from \"./text\"\n"
  )
  for (const domain of DOMAINS) {
    write(`src/${domain}/actions.ts`, actions(domain))
    write(`src/${domain}/model.ts`, model(domain))
    for (let i = 0; i < WORKFLOWS; i++) {
      write(`src/${domain}/${domain}${i}.ts`, workflow(domain, i))
    }
  }
  return root
}

export const changedFile = "src/billing/billing0.ts"
export const sharedFile = "src/shared/money.ts"

const MONEY = `
export type Currency = "EUR" | "USD"
export class Money {
  readonly #cents: number
  constructor(cents: number, readonly currency: Currency) { this.#cents = Math.round(cents) }
  static of(amount: number, currency: Currency = "EUR"): Money { return new Money(amount * 100, currency) }
  get cents(): number { return this.#cents }
  plus(other: Money): Money { return new Money(this.#cents + other.#cents, this.currency) }
  times(factor: number): Money { return new Money(this.#cents * factor, this.currency) }
  toString(): string { return \`\${(this.#cents / 100).toFixed(2)} \${this.currency}\` }
}
export const sum = (all: ReadonlyArray<Money>): Money => all.reduce((a, b) => a.plus(b), Money.of(0))
`

const ERRORS = `
export class DomainError extends Error {
  override readonly name: string = "DomainError"
  constructor(message: string, readonly code: string, options?: ErrorOptions) { super(message, options) }
}
export class Rejected extends DomainError {
  override readonly name = "Rejected"
  constructor(readonly subject: string) { super(\`\${subject} was rejected\`, "rejected") }
}
export const isDomainError = (u: unknown): u is DomainError => u instanceof DomainError
`

const TEXT = `
export const slug = (text: string): string =>
  text.toLowerCase().normalize("NFD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")
export function chunk<A>(items: ReadonlyArray<A>, size: number): Array<Array<A>> {
  const chunks: Array<Array<A>> = []
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size))
  return chunks
}
export const groupBy = <A, K extends string>(items: ReadonlyArray<A>, key: (item: A) => K) => {
  const groups = new Map<K, Array<A>>()
  for (const item of items) {
    const group = groups.get(key(item)) ?? []
    group.push(item)
    groups.set(key(item), group)
  }
  return groups
}
`

const actions = (domain: string): string =>
  `import { action } from "@rappel/core"
import { randomUUID } from "node:crypto"
import type { Item, Order } from "./model"

const client = { get: async (path: string) => ({ path, id: randomUUID() }) }
export const fetchOrder = action(async (id: string): Promise<Order> => ({ ...(await client.get(id)), id } as never))
export const fetchPage = action(async (cursor: string | undefined, size: number) =>
  ({ items: [] as Array<Item>, next: cursor === undefined ? String(size) : undefined }))
export const reserve = action({ retry: { attempts: 5, backoff: "exponential" }, timeout: "30 seconds" }, async (item: Item) => item.id)
export const release = action(async (reservation: string) => { await client.get(reservation) })
export const charge = action({ name: "${domain}.charge" }, async (order: Order, cents: number) => ({ order: order.id, cents }))
export const notify = action(async (to: string, subject: string, ...lines: Array<string>) => { await client.get([to, subject, ...lines].join()) })
`

const model = (domain: string): string =>
  `import { DomainError, Money, sum } from "~/shared"
export enum State { Open, Paid = 10, Shipped, Closed = "closed" }
export interface Item { readonly id: string; readonly cents: number; readonly tags?: ReadonlyArray<string> }
export interface Order { readonly id: string; readonly customer: { readonly email: string }; readonly items: ReadonlyArray<Item>; state: State }
export const LIMITS = { items: 100, cents: 1_000_00 } as const
export const total = ({ items }: Order): Money => sum(items.map(({ cents }) => new Money(cents, "EUR")))
export abstract class Rule {
  abstract readonly name: string
  abstract applies(order: Order): boolean
  check(order: Order): string | undefined { return this.applies(order) ? this.name : undefined }
}
export class TooMany extends Rule { readonly name = "${domain}-too-many"; applies(order: Order) { return order.items.length > LIMITS.items } }
export class TooDear extends Rule { readonly name = "${domain}-too-dear"; applies(order: Order) { return total(order).cents > LIMITS.cents } }
export const RULES: ReadonlyArray<Rule> = [new TooMany(), new TooDear()]
export const assertValid = (order: Order): void => {
  const broken = RULES.flatMap((rule) => rule.check(order) ?? [])
  if (broken.length > 0) throw new DomainError(broken.join(", "), "invalid")
}
`

const workflow = (domain: string, i: number): string =>
  `import { action, sleep, workflow, Workflow } from "@rappel/core"
import { isDomainError, Money, Rejected, text } from "~/shared"
import * as actions from "./actions"
import { assertValid, type Item, type Order, State, total } from "./model.js"

export const audit${i} = action(async (line: string) => line)

/** Reserves all items; what was reserved is released when one fails. */
const reserveAll = async (items: ReadonlyArray<Item>): Promise<Array<string>> => {
  const reserved: Array<string> = []
  try {
    for (const batch of text.chunk(items, 10)) {
      reserved.push(...await Promise.all(batch.map(actions.reserve)))
    }
    return reserved
  } catch (error) {
    for (const each of reserved.reverse()) await actions.release(each)
    throw error
  }
}

export const checkout${i} = workflow({ name: "${domain}.checkout${i}" }, async (id: string, options: { tries?: number } = {}) => {
  const { tries = 3 } = options
  const order = await actions.fetchOrder(id)
  assertValid(order)
  let attempt = 0
  for (;;) {
    attempt++
    try {
      const reservations = await reserveAll(order.items)
      const { cents } = await actions.charge.with({ timeout: "1 minute" })(order, total(order).times(1.19).cents)
      order.state = State.Paid
      await actions.notify(order.customer.email, \`Paid \${new Money(cents, "EUR")}\`, ...reservations)
      break
    } catch (error) {
      if (!isDomainError(error) || attempt >= tries) throw error
      await sleep(\`\${attempt * 5} seconds\`)
    } finally {
      await audit${i}(\`\${text.slug(order.id)} \${State[order.state as never] ?? order.state}\`)
    }
  }
  return { id: order.id, state: order.state, attempt }
})

export const sync${i} = workflow(async () => {
  const seen = new Map<string, Item>()
  let cursor: string | undefined
  do {
    const page = await actions.fetchPage(cursor, 100)
    for (const [key, group] of text.groupBy(page.items, (item) => item.tags?.[0] ?? "none")) {
      if (key === "none") continue
      const known = group.filter(({ id }) => seen.has(id))
      if (known.length > 0) throw new Rejected(known.map(({ id }) => id).join())
      for (const item of group) seen.set(item.id, item)
    }
    cursor = page.next
  } while (cursor !== undefined)
  const results = await Promise.allSettled(Array.from(seen.values(), (item) => actions.reserve(item)))
  return results.reduce((counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {} as Record<string, number>)
})

export class Review${i} extends Workflow {
  readonly #decisions: Array<boolean> = []
  private async ask(order: Order, who: string): Promise<boolean> {
    await actions.notify(who, "Please decide", order.id)
    await sleep("1 hour")
    return order.items.length % 2 === 0
  }
  async run(id: string, reviewers: ReadonlyArray<string>) {
    const order = await actions.fetchOrder(id)
    for (const who of reviewers) {
      const isApproved = await Promise.race([this.ask(order, who), sleep("1 day").then(() => false)])
      this.#decisions.push(isApproved)
      if (!isApproved) break
    }
    return this.#decisions.every(Boolean) && this.#decisions.length === reviewers.length
  }
}
`
