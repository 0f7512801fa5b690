/**
 * How much slower code without awaits runs in the machine than in Node.
 *
 *     node scripts/with-sources.mjs packages/compiler/benchmarks/pure.ts [--rounds 15]
 *
 * Each body runs as the workflow and as the function that it is, alternately, and both results
 * must be equal. What counts is processor time of the fastest round, so that a busy machine does
 * little to the ratio. Also the time to write and to read a typical state.
 */
import { load } from "@rappel/core/machine/Machine"
import { decodeValue, encodeValue } from "@rappel/core/value/Value"
import { compileSource } from "@rappel/test/kit/oracle"
import { isDeepStrictEqual, parseArgs } from "node:util"

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => !arg.endsWith(".ts")),
  options: { rounds: { type: "string", default: "15" }, json: { type: "boolean", default: false } }
})
const rounds = Number(values.rounds)

const BODIES: Readonly<Record<string, string>> = {
  recursion: "const fib = (n) => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib(24)",
  "nested loops":
    "let n = 0; for (let i = 0; i < 600; i++) { for (let k = 0; k < 600; k++) { n = (n + i * k) % 1000003 } } return n",
  "array pipeline":
    "let t = 0; for (let k = 0; k < 100; k++) { t += Array.from({ length: 1000 }, (_, i) => i).filter((x) => x % 3 === 0).map((x) => x * 2).reduce((a, b) => a + b, 0) } return t",
  text:
    "const words = 'the quick brown fox jumps over the lazy dog '.repeat(40).split(' '); const counts = {}; for (let k = 0; k < 60; k++) { for (const word of words) { const key = word.toUpperCase() + k % 3; counts[key] = (counts[key] ?? 0) + word.length } } return counts",
  classes:
    "class Account { #cents = 0; add(cents) { this.#cents += cents; return this } get cents() { return this.#cents } } const all = []; for (let i = 0; i < 200; i++) { all.push(new Account()) } for (let k = 0; k < 200; k++) { for (const one of all) { one.add(k).add(1) } } return all.reduce((sum, one) => sum + one.cents, 0)",
  "sort and group":
    "const rows = Array.from({ length: 3000 }, (_, i) => ({ id: (i * 7919) % 3001, group: 'g' + i % 17 })); rows.sort((a, b) => a.id - b.id); const groups = new Map(); for (const { group, id } of rows) { const list = groups.get(group) ?? []; list.push(id); groups.set(group, list) } return [...groups].map(([group, ids]) => [group, ids.length, ids[0]])"
}

const cpuOf = (run: () => unknown): { readonly millis: number; readonly result: unknown } => {
  const before = process.cpuUsage()
  const result = run()
  const { system, user } = process.cpuUsage(before)
  return { millis: (system + user) / 1000, result }
}

const start = { instanceId: "i1", seed: "00".repeat(16), at: 1_700_000_000_000 }

const programOf = (body: string) =>
  compileSource(
    `import { action, workflow } from "@rappel/core"
export const load = action(async (id: any): Promise<any> => id)
export const main = workflow(async (): Promise<any> => {\n${body}\n})`,
    "main",
    "src/case.ts"
  ).program!

const compare = (name: string, body: string) => {
  const machine = load(programOf(body))
  const plain = new Function(body) as () => unknown
  const best = { machine: Infinity, native: Infinity }
  for (let round = 0; round < rounds; round++) {
    const ours = cpuOf(() => machine.start({ ...start, input: encodeValue([]) }).step.outcome)
    const native = cpuOf(() => {
      let result: unknown
      for (let n = 0; n < NATIVE_RUNS; n++) result = plain()
      return result
    })
    best.machine = Math.min(best.machine, ours.millis)
    best.native = Math.min(best.native, native.millis / NATIVE_RUNS)
    const outcome = ours.result as { readonly ok: boolean; readonly value: string }
    if (!outcome.ok || !isDeepStrictEqual(decodeValue(outcome.value), native.result)) {
      throw new Error(`${name}: the results differ`)
    }
  }
  return { name, ...best, ratio: best.machine / best.native }
}

/** Short runs are below what the clock of the processor tells apart. */
const NATIVE_RUNS = 20

const STATE = `
  const order = { id: "o-1", lines: [{ sku: "a", count: 2 }, { sku: "b", count: 1 }], at: new Date(0) }
  const seen = new Set(["a", "b"])
  const total = (list: any): any => list.reduce((sum: any, line: any) => sum + line.count, 0)
  for (const line of order.lines) { await load(line.sku); seen.delete(line.sku) }
  return [order, total(order.lines), seen.size]`

const states = () => {
  const machine = load(programOf(STATE))
  const { state } = machine.start({ ...start, input: encodeValue([]) })
  const text = machine.snapshot(state)
  const best = { write: Infinity, read: Infinity }
  for (let round = 0; round < rounds; round++) {
    const written = cpuOf(() => {
      for (let n = 0; n < 2000; n++) machine.snapshot(state)
    })
    const read = cpuOf(() => {
      for (let n = 0; n < 2000; n++) machine.restore(text)
    })
    best.write = Math.min(best.write, written.millis / 2)
    best.read = Math.min(best.read, read.millis / 2)
  }
  return { characters: text.length, writeMicros: best.write, readMicros: best.read }
}

const results = Object.entries(BODIES).map(([name, body]) => compare(name, body))
const state = states()
if (values.json) {
  process.stdout.write(`${JSON.stringify({ node: process.version, rounds, results, state })}\n`)
} else {
  for (const { machine, name, native, ratio } of results) {
    process.stdout.write(
      `${name.padEnd(16)} machine ${machine.toFixed(2).padStart(8)} ms   native ${
        native.toFixed(3).padStart(8)
      } ms   ratio ${ratio.toFixed(1)}\n`
    )
  }
  process.stdout.write(
    `state of ${state.characters} characters: written in ${
      state.writeMicros.toFixed(1)
    } µs, read in ${state.readMicros.toFixed(1)} µs\n`
  )
}
