/**
 * The production process is killed in the middle, again and again: signals, children and
 * compensation come through once each.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { replay } from "@rappel/core/replay/replay"
import { decodeValue } from "@rappel/core/value/Value"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { writeFileSync } from "node:fs"
import * as Killable from "../kit/Killable.ts"
import * as Processes from "../kit/Processes.ts"
import { eventually } from "../messages/suite.ts"

afterAll(Processes.cleanUp)

const SOURCE = `
import { action, Cancelled, signal, sleep, waitFor, workflow } from "@rappel/core"
import { appendFile } from "node:fs/promises"
import { existsSync } from "node:fs"

export const note = action(async (ledger: string, text: string): Promise<string> => {
  await appendFile(ledger, text + "\\n")
  return text
})
export const Item = signal<number>("item")

export const collect = workflow(async (ledger: string, count: number) => {
  const items: number[] = []
  while (items.length < count) {
    items.push(await waitFor(Item))
    await note(ledger, "item " + items.at(-1))
  }
  return items
})

export const child = workflow(async (ledger: string, n: number) => {
  await note(ledger, "begin " + n)
  await sleep(50)
  return n * 2
})
export const parent = workflow(async (ledger: string, count: number) => {
  const doubled = await Promise.all(Array.from({ length: count }, (_, n) => child(ledger, n)))
  await note(ledger, "joined")
  return doubled
})

export const charge = action(async (ledger: string, text: string): Promise<string> => {
  await appendFile(ledger, text + "\\n")
  if (!existsSync(ledger + ".ok")) throw new Error("The bank is down")
  return text
})
export const fragile = workflow(async (ledger: string, name: string) => {
  await note(ledger, "reserve " + name)
  const charged = await Promise.all([charge(ledger, "charge " + name), note(ledger, "tell " + name)])
  await sleep(50)
  await note(ledger, "ship " + name)
  return charged
})

export const saga = workflow(async (ledger: string, steps: number) => {
  try {
    await note(ledger, "began")
    await sleep("1 hour")
  } catch (error) {
    for (let step = 0; step < steps; step++) await note(ledger, "undo " + step)
    throw error
  }
})
`

interface World extends Killable.Killable {
  /** Kills the process when the ledger has this many lines, and starts another. */
  readonly killAt: (count: number) => Effect.Effect<void, unknown>
}

/** Workflows get the ledger as their first argument. */
const world = (use: (world: World) => Effect.Effect<unknown, unknown>) =>
  Killable.run(SOURCE, (one) =>
    use({
      ...one,
      start: (name, ...args) => one.start(name, one.ledger, ...args),
      killAt: (count) => Effect.zipRight(one.reaches(count), one.kill)
    }))

/** What an action wrote may stand there twice: it runs at least once. */
const distinct = (lines: ReadonlyArray<string>) => new Set(lines)

describe("the production process is killed", () => {
  it.live(
    "while signals arrive: each is taken once, in order",
    () =>
      world(({ client, killAt, lines, start }) =>
        Effect.gen(function*() {
          const id = yield* start("collect", 12)
          for (let item = 0; item < 12; item++) yield* client.signal(id, "item", item)
          yield* killAt(3)
          yield* killAt(7)

          const items = yield* client.result(id)

          assert.deepStrictEqual(items, Array.from({ length: 12 }, (_, i) => i))
          const history = yield* client.history(id)
          const received = history.filter(({ kind }) => kind === "received")
          assert.lengthOf(received, 12)
          assert.strictEqual(new Set(received.map(({ message }) => message)).size, 12)
          assert.strictEqual(distinct(lines()).size, 12)
        })
      ),
    180_000
  )

  it.live(
    "between the starts of children and their ends: none twice, none lost",
    () =>
      world(({ client, killAt, lines, start }) =>
        Effect.gen(function*() {
          const id = yield* start("parent", 30)
          yield* killAt(2)
          yield* killAt(12)
          yield* killAt(24)

          assert.deepStrictEqual(
            yield* client.result(id),
            Array.from({ length: 30 }, (_, n) => n * 2)
          )
          const children = yield* client.list({ parent: id, limit: 100 })
          assert.lengthOf(children, 30)
          for (const { outcome } of children) assert.propertyVal(outcome!, "ok", true)
          assert.sameMembers(
            children.map(({ input }) => (decodeValue(input) as Array<number>)[1]),
            Array.from({ length: 30 }, (_, n) => n)
          )
          const history = yield* client.history(id)
          assert.lengthOf(history.filter(({ message }) => message !== undefined), 30)
          assert.strictEqual(distinct(lines()).size, 31)
        })
      ),
    180_000
  )

  it.live(
    "while failed instances are repaired by two operators: each once, and none is lost",
    () =>
      world(({ client, killAt, ledger, lines, start }) =>
        Effect.gen(function*() {
          const names = Array.from({ length: 12 }, (_, n) => `o${n}`)
          const ids = yield* Effect.forEach(names, (name) => start("fragile", name))
          for (const id of ids) yield* client.finished(id)
          writeFileSync(`${ledger}.ok`, "")
          const before = lines().length
          // Until nothing goes on in their background.
          const repair = (id: string): Effect.Effect<unknown, unknown> =>
            client.repairs.retry(id, { reason: "the bank is up" }).pipe(
              Effect.map(() => true),
              Effect.catchTag(
                "RepairRefused",
                ({ reason }) => reason.includes("background") ? repair(id) : Effect.succeed(false)
              )
            )
          const repairs = yield* Effect.fork(
            Effect.forEach([...ids, ...ids], repair, { concurrency: 6 })
          )
          yield* killAt(before + 3)
          yield* killAt(before + 9)
          yield* killAt(before + 15)
          const done = yield* Fiber.join(repairs)
          assert.lengthOf(done.filter((isDone) => isDone), 12)

          for (const [n, id] of ids.entries()) {
            const charged = [`charge ${names[n]}`, `tell ${names[n]}`]
            assert.deepStrictEqual(yield* client.result(id), charged)
            const { difference } = yield* Effect.flatMap(
              client.record(id),
              (recording) => Effect.promise(() => replay(recording))
            )
            assert.isUndefined(difference)
            const kinds = (yield* client.history(id)).map(({ kind }) => kind)
            assert.lengthOf(kinds.filter((kind) => kind === "repaired"), 1)
          }
          // What had succeeded before is not done again, but for what a kill may have cut off.
          const reserved = lines().filter((line) => line.startsWith("reserve"))
          assert.lengthOf(reserved, 12)
          const shipped = new Set(lines().filter((line) => line.startsWith("ship")))
          assert.strictEqual(shipped.size, 12)
        })
      ),
    180_000
  )

  it.live(
    "during the compensation of a cancellation: it goes on where it was",
    () =>
      world(({ client, killAt, lines, start }) =>
        Effect.gen(function*() {
          const id = yield* start("saga", 8)
          yield* eventually(Effect.sync(lines), (found) => found.includes("began"))
          yield* eventually(client.history(id), (events) => events.length === 1)
          yield* client.cancel(id, "no more")
          yield* Effect.ignore(client.cancel(id, "again"))
          yield* killAt(3)
          yield* killAt(6)

          yield* Effect.flip(client.result(id))

          assert.strictEqual((yield* client.find(id)).status, "cancelled")
          const history = yield* client.history(id)
          // The second request is an event that changes nothing, or came to no instance any more.
          assert.isAtMost(history.filter(({ kind }) => kind === "cancelled").length, 2)
          assert.lengthOf(history.filter(({ kind }) => kind === "settled"), 9)
          assert.deepStrictEqual(
            Array.from(distinct(lines())),
            ["began", ...Array.from({ length: 8 }, (_, step) => `undo ${step}`)]
          )
        })
      ),
    180_000
  )
})
