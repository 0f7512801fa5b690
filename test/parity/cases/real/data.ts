/**
 * Data: pipelines, trees, parsing, grouping, dates, texts.
 */
import { sleep, workflow } from "@rappel/core"
import { ValidationError } from "../errors.ts"
import { fetchPage, flakyItem, readOrders, readTree, transform, upsert } from "./services.ts"

export const real_etl_map_set = workflow(async (days: ReadonlyArray<string>) => {
  const totals = new Map<string, { cents: bigint; skus: Set<string> }>()
  const tags = new Set<string>()
  for (const day of days) {
    for (const { cents, region, sku, tags: own } of await readOrders(day)) {
      const entry = totals.get(region) ?? { cents: 0n, skus: new Set<string>() }
      entry.cents += cents
      entry.skus.add(sku)
      totals.set(region, entry)
      own.forEach((tag) => tags.add(tag))
    }
  }
  const rows = [...totals].map(([region, { cents, skus }]) => ({ region, cents, skus: [...skus] }))
  return { rows, tags, stored: await upsert(rows), totals }
})

interface Node {
  readonly id: string
  readonly size: number
  readonly children: ReadonlyArray<Node>
}

const loadTree = async (id: string, depth = 0): Promise<Node> => {
  if (depth > 5) throw new RangeError(`${id} lies too deep`)
  const { children, size } = await readTree(id)
  return {
    id,
    size,
    children: await Promise.all(children.map((child) => loadTree(child, depth + 1)))
  }
}

export const real_tree_recursion = workflow(async (id: string) => {
  const root = await loadTree(id)
  const sum = ({ children, size }: Node): number =>
    children.reduce((all, child) => all + sum(child), size)
  const depth = ({ children }: Node): number => 1 + Math.max(0, ...children.map(depth))
  const flat = function*(node: Node, path = ""): Generator<string> {
    const own = `${path}/${node.id}`
    yield own
    for (const child of node.children) yield* flat(child, own)
  }
  return { sum: sum(root), depth: depth(root), paths: [...flat(root)] }
})

/** Tasks run as soon as what they need is done; a cycle is told. */
export const real_dag = workflow(async (needs: Readonly<Record<string, ReadonlyArray<string>>>) => {
  const done = new Map<string, Promise<string>>()
  const order: Array<string> = []
  const run = (name: string, above: ReadonlyArray<string>): Promise<string> => {
    if (above.includes(name)) {
      throw new ValidationError(`cycle ${[...above, name].join(" > ")}`, name)
    }
    let started = done.get(name)
    if (started === undefined) {
      const before = (needs[name] ?? []).map((need) => run(need, [...above, name]))
      started = (async () => {
        const inputs = await Promise.all(before)
        const output = await transform(`${name}(${inputs.join(",")})`)
        order.push(name)
        return output
      })()
      done.set(name, started)
    }
    return started
  }
  const results = await Promise.all(Object.keys(needs).map((name) => run(name, [])))
  return { last: results.at(-1), order: order.length, first: order[0] }
})

const CSV = /("(?:[^"]|"")*"|[^,\n]*)(,|\n|$)/y

const parseCsv = (text: string): Array<Array<string>> => {
  const rows: Array<Array<string>> = [[]]
  CSV.lastIndex = 0
  for (let match; CSV.lastIndex < text.length && (match = CSV.exec(text)) !== null;) {
    const [, field = "", end] = match
    rows.at(-1)!.push(field.startsWith("\"") ? field.slice(1, -1).replaceAll("\"\"", "\"") : field)
    if (end === "\n") rows.push([])
  }
  return rows
}

export const real_csv_import = workflow(async (text: string) => {
  const [header = [], ...rows] = parseCsv(text)
  const problems: Array<string> = []
  const records: Array<Record<string, string | number>> = []
  for (const [at, row] of rows.entries()) {
    try {
      if (row.length !== header.length) {
        throw new ValidationError(`${row.length} fields`, String(at + 2))
      }
      const record = Object.fromEntries(header.map((name, i) => {
        const value = row[i]!
        return [name, /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value] as const
      }))
      records.push(record)
      if (records.length % 2 === 0) await upsert(records.slice(-2))
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error
      problems.push(`line ${error.field}: ${error.message}`)
    }
  }
  return { records, problems }
})

/** `on {weekdays} at {hour}` from a moment on, in UTC. */
export const real_next_dates = workflow(
  async (from: string, days: ReadonlyArray<number>, count: number) => {
    const dates: Array<Date> = []
    const at = new Date(from)
    at.setUTCHours(9, 0, 0, 0)
    while (dates.length < count) {
      at.setUTCDate(at.getUTCDate() + 1)
      if (!days.includes(at.getUTCDay())) continue
      dates.push(new Date(at))
      await sleep(1)
    }
    const [first, last] = [dates[0]!, dates.at(-1)!]
    return {
      dates,
      text: dates.map((date) => date.toISOString().slice(0, 10)),
      span: +last - +first
    }
  }
)

const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<unknown>): string =>
  strings.raw.reduce((out, part, i) => {
    const value = values[i - 1]
    const shown = Array.isArray(value)
      ? value.join("")
      : String(value).replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`)
    return `${out}${shown}${part}`
  })

export const real_text_template = workflow(async (name: string, items: ReadonlyArray<string>) => {
  const rows = []
  for (const item of items) rows.push(html`<li>${await transform(item)}</li>`)
  const plural = items.length === 1 ? "" : "s"
  return html`<p>${name}, ${items.length} item${plural}</p>\n<ul>${rows}</ul>`
})

export const real_merge_settings = workflow(async (layers: ReadonlyArray<Record<string, any>>) => {
  const isRecord = (value: unknown): value is Record<string, any> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  const merge = (a: Record<string, any>, b: Record<string, any>): Record<string, any> => {
    const { ...out } = a
    for (const key in b) {
      out[key] = isRecord(out[key]) && isRecord(b[key])
        ? merge(out[key], b[key])
        : b[key] ?? out[key]
    }
    return out
  }
  let settings: Record<string, any> = Object.freeze({ retries: 1, log: { level: "info" } })
  for (const layer of layers) {
    settings = merge(settings, layer)
    settings["log"].level = await transform(settings["log"].level)
  }
  const { log: { level, ...log }, retries, ...rest } = settings
  return { level, log, retries, rest, frozen: Object.isFrozen(settings) }
})

/** A window slides over pages as they come. */
export const real_moving_average = workflow(async (width: number) => {
  function* windows<A>(items: Iterable<A>): Generator<ReadonlyArray<A>, number, void> {
    const window: Array<A> = []
    let seen = 0
    for (const item of items) {
      seen++
      window.push(item)
      if (window.length > width) window.shift()
      if (window.length === width) yield [...window]
    }
    return seen
  }
  const { items } = await fetchPage(undefined, 7)
  const it = windows(items.map(({ id }) => id * id))
  const out: Array<number> = []
  let step = it.next()
  for (; step.done !== true; step = it.next()) {
    out.push(step.value.reduce((a, b) => a + b, 0) / width)
    await sleep(1)
  }
  return { out, seen: step.value }
})

export const real_dead_letters = workflow(async (count: number) => {
  const dead: Array<{ readonly n: number; readonly why: string; readonly tries: number }> = []
  let pending = Array.from({ length: count }, (_, n) => ({ n, tries: 0 }))
  const done: Array<number> = []
  while (pending.length > 0) {
    const again: typeof pending = []
    const settled = await Promise.allSettled(pending.map(({ n, tries }) => flakyItem(n + tries)))
    settled.forEach((result, i) => {
      const { n, tries } = pending[i]!
      if (result.status === "fulfilled") done.push(result.value)
      else if (tries === 1) dead.push({ n, why: (result.reason as Error).message, tries })
      else again.push({ n, tries: tries + (n === 3 ? 4 : 1) })
    })
    pending = again.filter(({ tries }) => tries <= 4)
    if (pending.length > 3) break
  }
  return { done: done.toSorted((a, b) => a - b), dead }
})

export const real_binary_frame = workflow(async (texts: ReadonlyArray<string>) => {
  const encoder = new TextEncoder()
  const parts = texts.map((text) => encoder.encode(text))
  const frame = new Uint8Array(parts.reduce((sum, { length }) => sum + length + 2, 0))
  const view = new DataView(frame.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint16(at, part.length)
    frame.set(part, at + 2)
    at += part.length + 2
    await sleep(1)
  }
  const decoder = new TextDecoder()
  const read: Array<string> = []
  for (let i = 0; i < frame.length;) {
    const length = view.getUint16(i)
    read.push(decoder.decode(frame.subarray(i + 2, i + 2 + length)))
    i += 2 + length
  }
  return { read, bytes: frame, checksum: frame.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7) }
})

export const real_diff_and_sync = workflow(
  async (wanted: Readonly<Record<string, number>>, present: Readonly<Record<string, number>>) => {
    const actions = [
      ...Object.keys(wanted).filter((key) => !(key in present)).map((key) =>
        ({ kind: "add", key }) as const
      ),
      ...Object.keys(present).filter((key) => !Object.hasOwn(wanted, key)).map((key) =>
        ({ kind: "remove", key }) as const
      ),
      ...Object.entries(wanted).flatMap(([key, value]) =>
        present[key] !== undefined && present[key] !== value
          ? [{ kind: "change", key, from: present[key], to: value } as const]
          : []
      )
    ]
    const log: Array<string> = []
    for (const each of actions) {
      switch (each.kind) {
        // @ts-expect-error TS7029: it falls through, a change is stored as an addition is
        case "change":
          log.push(`${each.from} -> ${each.to}`)
        case "add":
          log.push(await transform(`store ${each.key}`))
          break
        default:
          log.push(await transform(`drop ${each.key}`))
      }
    }
    return log
  }
)
