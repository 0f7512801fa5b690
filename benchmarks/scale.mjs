/**
 * How many steps a second one Postgres carries: dispatchers against a model of the queue.
 *
 * Each dispatcher is one thread that steps instances and has one commit on its way while the next
 * gathers, as `core/Commits.ts` has it. Postgres is so many CPUs, which serve commits in the order of
 * arrival, and one disk, which writes what has gathered in one flush. Nothing is random: the same
 * arguments give the same figures.
 *
 *   node benchmarks/scale.mjs                          the table of docs/scale.md
 *   node benchmarks/scale.mjs --dispatchers 1 --in-flight 1 --cpus 2      one case
 */
import { parseArgs } from "node:util"

/** Milliseconds, of docs/scale.md. */
export const CONSTANTS = {
  /** Of a dispatcher's thread, a step. */
  step: 0.15,
  /** Of Postgres's CPU: a commit, however little it holds. */
  commit: 0.4,
  /** And each step in it, its share of the start and of the end of its instance included. */
  entry: 0.07,
  /** Of the disk: a flush, however little it holds, and each kilobyte in it. */
  flush: 0.3,
  kilobyte: 0.005,
  /** Kilobytes of WAL that a step writes. */
  wal: 2.9,
  /** From the flush to the answer in the dispatcher. */
  answer: 0.2,
  /** From the answer to the outcome of the action that it let begin. */
  action: 1
}

/** A commit holds no more instances. */
const COMMIT_ENTRIES = 500

/** What is to happen, by time; of equal times, what was put in first. */
class Agenda {
  heap = []
  count = 0

  add(at, run) {
    const { heap } = this
    const one = { at, nth: this.count++, run }
    let i = heap.length
    heap.push(one)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(one, heap[parent])) break
      heap[i] = heap[parent]
      i = parent
    }
    heap[i] = one
  }

  next() {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (heap.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
      if (!isBefore(heap[child], last)) break
      heap[i] = heap[child]
      i = child
    }
    heap[i] = last
    return first
  }
}

const isBefore = (a, b) => a.at < b.at || (a.at === b.at && a.nth < b.nth)

/** One after another, on so many servers. */
const makeServer = (agenda, count) => {
  const freeAt = Array.from({ length: count }, () => 0)
  const server = {
    busy: 0,
    serve: (now, millis, then) => {
      let first = 0
      for (let i = 1; i < count; i++) if (freeAt[i] < freeAt[first]) first = i
      const end = Math.max(now, freeAt[first]) + millis
      freeAt[first] = end
      server.busy += millis
      agenda.add(end, then)
    }
  }
  return server
}

/** One flush at a time, of all that waits for it. */
const makeDisk = (agenda, { flush, kilobyte }) => {
  let waiting = []
  let isFlushing = false
  const next = (now) => {
    if (isFlushing || waiting.length === 0) return
    isFlushing = true
    const group = waiting
    waiting = []
    const size = group.reduce((sum, { kilobytes }) => sum + kilobytes, 0)
    agenda.add(now + flush + kilobyte * size, (at) => {
      isFlushing = false
      for (const { then } of group) then(at)
      next(at)
    })
  }
  return (now, kilobytes, then) => {
    waiting.push({ kilobytes, then })
    next(now)
  }
}

/**
 * @param {{ dispatchers: number, inFlight: number, cpus: number, millis?: number, constants?: Partial<typeof CONSTANTS> }} options
 *   `inFlight` are instances of each dispatcher that wait for an action or for their commit.
 */
export const simulate = ({ constants, cpus, dispatchers, inFlight, millis = 4000 }) => {
  const all = { ...CONSTANTS, ...constants }
  const { action, answer, commit, entry, step, wal } = all
  const agenda = new Agenda()
  const writes = makeDisk(agenda, all)
  const postgres = makeServer(agenda, cpus)
  const warm = millis / 4
  const counts = { steps: 0, commits: 0, waited: 0 }

  for (let d = 0; d < dispatchers; d++) {
    const thread = makeServer(agenda, 1)
    let pending = []
    let isCommitting = false

    const send = (now) => {
      if (isCommitting || pending.length === 0) return
      isCommitting = true
      const batch = pending.slice(0, COMMIT_ENTRIES)
      pending = pending.slice(COMMIT_ENTRIES)
      const answered = (at) => {
        isCommitting = false
        if (at >= warm) {
          counts.commits++
          counts.steps += batch.length
          for (const began of batch) counts.waited += at - began
        }
        for (let i = 0; i < batch.length; i++) agenda.add(at + action, arrive)
        send(at)
      }
      postgres.serve(now, commit + entry * batch.length, (done) => {
        writes(done, wal * batch.length, (at) => agenda.add(at + answer, answered))
      })
    }
    const arrive = (now) =>
      thread.serve(now, step, (at) => {
        pending.push(now)
        send(at)
      })
    for (let i = 0; i < inFlight; i++) agenda.add(i / inFlight, arrive)
  }

  let busyBefore = 0
  for (;;) {
    const { at, run } = agenda.next()
    if (at >= warm && busyBefore === 0) busyBefore = postgres.busy
    if (at >= millis) break
    run(at)
  }
  const seconds = (millis - warm) / 1000
  return {
    steps_per_s: Math.round(counts.steps / seconds),
    commits_per_s: Math.round(counts.commits / seconds),
    steps_per_commit: Number((counts.steps / Math.max(counts.commits, 1)).toFixed(1)),
    postgres_busy: Number(
      Math.min((postgres.busy - busyBefore) / (seconds * 1000 * cpus), 1).toFixed(2)
    ),
    step_ms: Number((action + counts.waited / Math.max(counts.steps, 1)).toFixed(2))
  }
}

/** What the servers could do if none ever waited: the dispatchers, the CPUs, the disk. */
export const boundOf = ({ constants, cpus, dispatchers }) => {
  const { commit, entry, kilobyte, step, wal } = { ...CONSTANTS, ...constants }
  return Math.min(
    dispatchers * 1000 / step,
    cpus * 1000 / (entry + commit / COMMIT_ENTRIES),
    1000 / (kilobyte * wal)
  )
}

const table = () => {
  const rows = []
  for (const cpus of [2, 8, 16]) {
    for (const dispatchers of [1, 2, 4, 8, 16]) {
      const options = { dispatchers, cpus, inFlight: 256 }
      rows.push({ cpus, dispatchers, ...simulate(options), bound: Math.round(boundOf(options)) })
    }
  }
  return rows
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: {
      dispatchers: { type: "string" },
      cpus: { type: "string", default: "2" },
      "in-flight": { type: "string", default: "256" }
    }
  })
  const rows = values.dispatchers === undefined ? table() : [
    simulate({
      dispatchers: Number(values.dispatchers),
      cpus: Number(values.cpus),
      inFlight: Number(values["in-flight"])
    })
  ]
  console.table(rows)
}
