/**
 * The promises, checked against three witnesses: rappel's own records, the ledger of what
 * really ran, and the plain runs.
 */
import { decodeAttempt, decodeLost, decodeOutcome } from "@rappel/core/dispatcher/EventCodec"
import { load } from "@rappel/core/machine/Machine"
import type { Machine } from "@rappel/core/machine/Model"
import { toPlainJson } from "@rappel/core/value/Value"
import type { Execution, StartLine } from "../Ledger.ts"
import type { Project } from "../Project.ts"
import type { Fired } from "../Schedules.ts"
import { hashOf } from "../workload/ledger.ts"
import type { Books, Instance, Recorded } from "./Books.ts"
import * as Children from "./Children.ts"
import { answerOf, type Oracle } from "./oracle.ts"
import { type Emission, retrace, type Trace } from "./retrace.ts"
import * as ticks from "./ticks.ts"

export const PROMISES = {
  lost: "acknowledged starts that did not end",
  duplicates: "steps that were accepted more than once",
  unstarted: "acknowledged starts that are not recorded under their id",
  gaps: "holes in an event log",
  diverged: "events that lead elsewhere when they are stepped again",
  early: "actions that began before what they depend on was durable",
  timers: "timers and retries that came early",
  invented: "outcomes that no execution in the ledger had",
  unexplained: "executions beyond outcomes, failed attempts, losses and zombies",
  children: "children that were not started once, or whose end their parent has not",
  ticks: "ticks that did not start one run at their time, and what nobody started",
  oracle: "results that differ from the plain run",
  stuck: "instances that nobody moves, or that were set aside"
} as const

export type Promised = keyof typeof PROMISES

export interface Counts {
  instances: number
  /** Recorded outcomes of calls, and fired timers. */
  steps: number
  settled: number
  fired: number
  /** Signals that became events. */
  received: number
  /** Runs of schedules. */
  ticks: number
  failedAttempts: number
  losses: number
  executions: number
  /** Executions of a call by more hosts than its records explain, while one was cut off or paused. */
  overlaps: number
}

export interface Verdict {
  readonly counts: Counts
  readonly broken: Readonly<Record<Promised, ReadonlyArray<string>>>
}

/** The ledger rounds down to milliseconds. */
const ROUNDING_MILLIS = 1

export interface Witnesses {
  readonly books: Books
  readonly executions: ReadonlyMap<string, ReadonlyArray<Execution>>
  readonly starts: ReadonlyArray<StartLine>
  readonly schedules: ReadonlyArray<Fired>
  readonly project: Project
  readonly oracle: Oracle
}

export const check = async (witnesses: Witnesses): Promise<Verdict> => {
  const { books, executions, oracle, project, schedules, starts } = witnesses
  const broken = Object.fromEntries(
    Object.keys(PROMISES).map((name) => [name, [] as Array<string>])
  ) as Record<Promised, Array<string>>
  const counts: Counts = {
    instances: books.instances.size,
    steps: 0,
    settled: 0,
    fired: 0,
    received: 0,
    ticks: 0,
    failedAttempts: 0,
    losses: 0,
    executions: 0,
    overlaps: 0
  }
  const machines = new Map<string, Machine>()
  const machineOf = (hash: string): Machine => {
    const known = machines.get(hash) ?? load(books.programs.get(hash)!)
    machines.set(hash, known)
    return known
  }

  for (const { id, key } of starts) {
    if (id === null) continue
    const instance = books.instances.get(id)
    if (instance === undefined || instance.key !== key) broken.unstarted.push(`${key} ${id}`)
    if (instance?.finishedAt == null) broken.lost.push(`${key} ${id}`)
  }

  const inputs = new Map<string | null, number>(starts.map(({ key, n }) => [key, n]))
  const family = Children.make(books)
  const answers: Array<Promise<void>> = []
  for (const instance of books.instances.values()) {
    const ledger = executions.get(instance.id) ?? []
    const report = (promise: Promised, what: string) => {
      broken[promise].push(`${instance.name} ${instance.id}: ${what}`)
    }
    const trace = checkInstance(instance, ledger, machineOf(instance.program), counts, report)
    if (trace !== undefined) {
      for (const what of family.problemsOf(instance, trace)) report("children", what)
    }
    if (instance.schedule !== null) counts.ticks++
    if (instance.outcome === null) continue
    const recorded = answerOf(instance.ok!, instance.outcome)
    const identity = project.identify(instance.program)!
    answers.push(
      oracle.answer(
        instance.parent === null ? identity : { ...identity, flow: instance.name },
        inputs.get(instance.key) ?? argumentOf(instance)
      ).then((answer) => {
        if (answer !== recorded) {
          broken.oracle.push(`${instance.name} ${instance.id} ${recorded}; plain ${answer}`)
        }
      })
    )
  }
  broken.children.unshift(...family.unasked())
  broken.ticks.push(
    ...ticks.problemsOf(books, schedules, new Set(starts.map(({ key }) => key)))
  )
  await Promise.all(answers)
  return { counts, broken }
}

/** Of a child or a run of a schedule, whose start no client wrote down. */
const argumentOf = ({ input }: Instance): number =>
  (toPlainJson(input) as ReadonlyArray<number>)[0]!

const checkInstance = (
  instance: Instance,
  ledger: ReadonlyArray<Execution>,
  machine: Machine,
  counts: Counts,
  report: (promise: Promised, what: string) => void
): Trace | undefined => {
  const { events } = instance
  counts.executions += ledger.length
  if (instance.aside !== null) report("stuck", `it was set aside: ${instance.aside}`)
  else if (instance.isOpen) report("stuck", "it is open still")

  const outcomes = new Map<number, Recorded>()
  const messages = new Set<string>()
  const attempts = new Map<number, Array<Recorded>>()
  for (const [i, event] of events.entries()) {
    if (event.seq !== i + 1) report("gaps", `event ${i + 1} is missing, ${event.seq} follows`)
    if (event.message != null) {
      if (messages.has(event.message)) report("duplicates", `message ${event.message} came twice`)
      messages.add(event.message)
    }
    if (event.kind === "received") counts.received++
    if (event.kind === "settled" || event.kind === "fired") {
      if (outcomes.has(event.effect)) report("duplicates", `effect ${event.effect} settled twice`)
      outcomes.set(event.effect, event)
      counts.steps++
      counts[event.kind]++
    } else if (event.kind === "lost" || event.kind === "attempt") {
      if (event.kind === "lost") counts.losses++
      else counts.failedAttempts++
      const before = attempts.get(event.effect)
      if (before === undefined) attempts.set(event.effect, [event])
      else before.push(event)
    }
  }

  let trace: Trace
  try {
    trace = retrace(instance, machine)
  } catch (error) {
    report("diverged", `it cannot be stepped again: ${String(error)}`)
    return undefined
  }
  for (const problem of trace.problems) report("diverged", problem)

  const durableAt = (seq: number) => seq === 0 ? instance.createdAt : events[seq - 1]!.durableAt
  const byEffect = new Map<number, Array<Execution>>()
  for (const execution of ledger) {
    const of = byEffect.get(execution.effect)
    if (of === undefined) byEffect.set(execution.effect, [execution])
    else of.push(execution)
  }

  const cancelSeq = events.find(({ kind }) => kind === "cancelled")?.seq ?? 0
  for (const [effect, of] of byEffect) {
    const emission = trace.emissions.get(effect)
    if (emission === undefined) {
      report("early", `effect ${effect} ran and nothing durable asks for it`)
      continue
    }
    checkExecutions(
      effect,
      of,
      emission,
      attempts.get(effect) ?? [],
      durableAt(emission.seq),
      report
    )
    const recorded = attempts.get(effect)?.length ?? 0
    // A cancel ends the execution that there is of whatever was pending, and nothing records it.
    const isOver = outcomes.has(effect) || cancelSeq > emission.seq
    const excess = of.length - recorded - (isOver ? 1 : 0)
    if (excess <= 0 || instance.isOpen) continue
    const hosts = new Set(of.map(({ dispatcher }) => dispatcher))
    if (hosts.size > 1) counts.overlaps += excess
    else report("unexplained", `effect ${effect} ran ${of.length} times, ${recorded} are recorded`)
  }

  for (const [effect, event] of outcomes) {
    const { command } = trace.emissions.get(effect) ?? {}
    if (event.kind === "fired") {
      if (command?.kind !== "timer") continue
      if (event.durableAt < command.dueAt - ROUNDING_MILLIS || event.at < command.dueAt) {
        report("timers", `timer ${effect} fired ${command.dueAt - event.durableAt} ms early`)
      }
      continue
    }
    if (command?.kind === "child") continue
    const outcome = decodeOutcome(event.payload!)
    const hash = outcome.ok ? hashOf(toPlainJson(outcome.value)) : null
    const isWitnessed = (byEffect.get(effect) ?? []).some((execution) =>
      execution.endedAt !== null && execution.result === hash &&
      execution.endedAt <= event.durableAt + ROUNDING_MILLIS
    )
    if (!isWitnessed) report("invented", `the outcome of effect ${effect}`)
  }
  return trace
}

const checkExecutions = (
  effect: number,
  executions: ReadonlyArray<Execution>,
  { command }: Emission,
  attempts: ReadonlyArray<Recorded>,
  askedAt: number,
  report: (promise: Promised, what: string) => void
): void => {
  const input = command.kind === "call" ? hashOf(toPlainJson(command.args)) : ""
  for (const { attempt, input: found, startedAt } of executions) {
    const latest = startedAt + ROUNDING_MILLIS
    if (found !== input) report("early", `effect ${effect} ran with other inputs`)
    if (askedAt > latest) {
      report("early", `effect ${effect} began ${(askedAt - startedAt).toFixed(1)} ms early`)
    }
    if (attempt === 1) continue
    const before = attempts[attempt - 2]
    if (before === undefined || before.durableAt > latest) {
      report("early", `execution ${attempt} of effect ${effect} began before it was decided`)
      continue
    }
    const { retryAt } = before.kind === "lost"
      ? decodeLost(before.payload!)
      : decodeAttempt(before.payload!)
    if (retryAt > latest) {
      report(
        "timers",
        `execution ${attempt} of effect ${effect} began ${retryAt - startedAt} ms early`
      )
    }
  }
}
