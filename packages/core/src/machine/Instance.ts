/**
 * One run of a program: what its snapshot holds, and what lives during a step only.
 *
 * @since 0.1.0
 */
import type { Judges } from "../action/judges.ts"
import { ValueTooLarge, within } from "../value/limits.ts"
import { encodeError, encodeValue } from "../value/Value.ts"
import { Cancelled } from "../workflow/errors.ts"
import type { LoadedProgram } from "./Code.ts"
import { type CallEffect, drop, type Effect } from "./effects.ts"
import type { Env, Frame } from "./Frame.ts"
import type { Command, Outcome, Policy, State } from "./Model.ts"
import { type MachinePromise, type PromiseStatus, stateOf } from "./promises.ts"
import type { Random } from "./Random.ts"
import type { Reaction } from "./reactions.ts"
import { Fatal } from "./signals.ts"
import { caught, type Stamp } from "./stack.ts"
import { valueHost } from "./valueHost.ts"
import { checkConditions, type Kept, type UntilEffect } from "./waits.ts"
import { look, LOOK_EVERY } from "./watch.ts"

/**
 * How deep calls may nest, in units of nested evaluators; some 1,000 calls of a small
 * function. Part of what a step does, like the fuel: an instance must overflow at the same
 * call wherever it is stepped again. Node's default stack of 984 KB holds about 13,000 units
 * of whatever the language nests (`test/machine/limits.test.ts`). Natives that take much
 * stack per call back (`JSON.stringify`, `replace`) may overflow the host first.
 */
export const MAX_DEPTH = 8_000

/** What few instances have. */
class Rare {
  readonly templates: Map<number, object> = new Map()
  readonly channels: Map<string, object> = new Map()
  readonly kept: Map<string, Array<Kept>> = new Map()
  readonly conditions: Set<UntilEffect> = new Set()
  readonly stamps: Map<object, Stamp> = new Map()
}

export class Instance implements State {
  readonly program: LoadedProgram
  /** Set once: by whoever starts the instance, or with what a snapshot holds. */
  instanceId: string
  readonly pending: Map<number, Effect> = new Map()
  /** Effects emitted so far. */
  effects = 0
  random: Random
  /** The environments of the modules that were reached. */
  readonly modules: Array<Env | undefined> = []
  /** Functions of actions by index, made when the program first names them. */
  readonly actions: Array<object | undefined> = []
  /** Kept once there are some: a table of nothing takes as much as all else of a small instance. */
  #rare: Rare | undefined
  /** Module namespace objects. */
  readonly namespaces: Array<object | undefined> = []
  /** A cancellation was applied; later ones change nothing. */
  isCancelled = false
  completed = false
  /** Nothing can happen any more. */
  closed = false

  /** The innermost frame; what threw stays here until someone catches it. */
  frame: Frame | null = null
  fuel = 0
  /** Below this much fuel it is time to look at the watchdog. */
  lookBelow = 0
  /** Items that natives went over since the last look. */
  weighed = 0
  /** On the watchdog's clocks: the last look, and the processor time of the first. */
  lookedAt: number | undefined
  cpuAtStart: number | undefined
  /** A native runs under guard. */
  isGuarded = false
  /** Step time. */
  at = 0
  commands: Array<Command | CallEffect> = []
  outcome: Outcome | undefined
  /** Triples of reaction, status and value. */
  readonly jobs: Array<unknown> = []
  /** Rejected while nobody listened. */
  readonly rejected: Array<MachinePromise> = []
  /** Calls of this step by their promises: their policies can still be set. */
  readonly fresh: Map<MachinePromise, CallEffect> = new Map()
  /** For the first call that a thunk makes. */
  nextPolicy: { readonly policy: Policy; readonly judges: Judges | undefined } | undefined
  /** The promise whose executor runs. */
  executing: MachinePromise | undefined
  /** What follows from the callback of a reaction that runs. */
  reacting: MachinePromise | undefined

  constructor(program: LoadedProgram, instanceId: string, random: Random) {
    this.program = program
    this.instanceId = instanceId
    this.random = random
  }

  private get rare(): Rare {
    return this.#rare ??= new Rare()
  }

  /** The strings objects of tagged templates, by site. */
  get templates(): Map<number, object> {
    return this.rare.templates
  }

  /** Channel objects, by kind and name. */
  get channels(): Map<string, object> {
    return this.rare.channels
  }

  /** Signals that nobody has taken, by channel. */
  get kept(): Map<string, Array<Kept>> {
    return this.rare.kept
  }

  /** What `until` waits for; these are pending too. */
  get conditions(): Set<UntilEffect> {
    return this.rare.conditions
  }

  /** Errors that were made in this step. */
  get stamps(): Map<object, Stamp> {
    return this.rare.stamps
  }

  enqueue(reaction: Reaction, status: PromiseStatus, value: unknown): void {
    this.jobs.push(reaction, status, value)
  }

  /** Begins a call: burns fuel, and notes who called. */
  enter(frame: Frame): void {
    const caller = this.frame
    frame.caller = caller
    const depth = (caller === null ? 0 : caller.depth) + frame.code.weight
    if (depth > MAX_DEPTH) throw new RangeError("Maximum call stack size exceeded")
    frame.depth = depth
    this.frame = frame
    this.burn(frame)
  }

  /** One unit of work: a call, or a turn of a loop. */
  burn(frame: Frame): void {
    if (--this.fuel < this.lookBelow) this.look(frame)
  }

  private look(frame: Frame): void {
    if (this.fuel < 0) throw outOfFuel(frame)
    this.lookBelow = Math.max(0, this.fuel - LOOK_EVERY)
    look()
  }

  emit(command: Command | CallEffect): void {
    this.commands.push(command)
  }

  /** Begins a step: what lives no longer than one is new. */
  begin(at: number, fuel: number): void {
    this.at = at
    this.fuel = fuel
    this.lookBelow = this.program.limits.watch === undefined ? 0 : fuel - LOOK_EVERY
    this.weighed = 0
    this.lookedAt = undefined
    this.cpuAtStart = undefined
    this.frame = null
    this.commands = []
    this.outcome = undefined
    // Clearing makes a new table, also of an empty one.
    if (this.fresh.size > 0) this.fresh.clear()
    if (this.#rare !== undefined && this.#rare.stamps.size > 0) this.#rare.stamps.clear()
    this.nextPolicy = undefined
    this.executing = undefined
    this.reacting = undefined
  }

  /** Runs jobs until none is left, then looks for rejections that nobody handles. */
  drain(): void {
    this.runJobs()
    const conditions = this.#rare?.conditions
    while (conditions !== undefined && conditions.size > 0 && checkConditions(this)) this.runJobs()
    if (this.rejected.length === 0) return
    for (const promise of this.rejected.splice(0)) {
      const { isHandled, value } = stateOf(promise)
      if (!isHandled) this.uncaught(value)
    }
  }

  private runJobs(): void {
    const { jobs } = this
    for (let at = 0; at < jobs.length; at += 3) {
      this.frame = null
      const reaction = jobs[at] as Reaction
      reaction.run(jobs[at + 1] as PromiseStatus, jobs[at + 2])
      if (at >= JOBS_KEPT) {
        jobs.splice(0, at + 3)
        at = -3
      }
    }
    jobs.length = 0
  }

  /**
   * Fixes the outcome. What runs on cannot change it; timers and waits that remain are dropped,
   * and children that were only started go on by themselves.
   */
  complete(isOk: boolean, value: unknown): void {
    if (this.completed) return
    this.finish(isOk ? this.successOf(value) : this.failureOf(value))
    this.dropWaits()
  }

  private dropWaits(): void {
    for (const pending of Array.from(this.pending.values())) {
      const { effect, kind } = pending
      if (kind === "timer") drop(effect)
      else if (kind === "wait" || kind === "until" || kind === "child" && pending.detached) {
        this.pending.delete(effect)
      }
    }
    this.#rare?.conditions.clear()
    this.#rare?.kept.clear()
  }

  private successOf(value: unknown): Outcome {
    const { maxValueLength } = this.program.limits
    try {
      const text = encodeValue(value, valueHost)
      return { ok: true, value: within("The result of the workflow", text, maxValueLength) }
    } catch (error) {
      return { ok: false, error: this.encodedError(caught(null, error)) }
    }
  }

  private encodedError(error: unknown): string {
    const text = encodeError(error, valueHost)
    const limit = this.program.limits.maxValueLength
    return text.length <= limit
      ? text
      : encodeError(new ValueTooLarge("The error of the workflow", text.length, limit))
  }

  /** A failure by the cancellation itself is one of its own kind. */
  private failureOf(error: unknown): Outcome {
    const failure = { ok: false, error: this.encodedError(error) } as const
    return this.isCancelled && error instanceof Cancelled
      ? { ...failure, verdict: "cancelled" }
      : failure
  }

  /** Thrown at nobody: ends the instance as it would end Node. */
  uncaught(error: unknown): void {
    if (this.completed) {
      const text = `Uncaught after the workflow's end: ${textOf(error)}`
      this.emit({ kind: "log", level: "error", text })
    } else this.fail(error)
  }

  /** Ends the instance at once: nothing of it goes on. */
  fail(error: unknown): void {
    if (!this.completed) this.finish(this.failureOf(error))
    this.dropWaits()
    this.pending.clear()
    this.jobs.length = 0
    this.rejected.length = 0
    this.closed = true
  }

  private finish(outcome: Outcome): void {
    this.completed = true
    this.outcome = outcome
    this.emit({ kind: "complete", outcome })
  }
}

/** Done jobs are let go when there are this many. */
const JOBS_KEPT = 3 * 1024

const textOf = (error: unknown): string =>
  error instanceof Error && typeof error.stack === "string" ? error.stack : String(error)

const outOfFuel = (frame: Frame): Fatal => {
  const { node, program } = frame.code
  const error = new Error(
    `The workflow ran ${program.limits.fuelPerStep} calls and loop turns without a pause, at ` +
      `${program.where(frame.at)}${node.n === "" ? "" : ` in ${node.n}`}. Look for a loop ` +
      "without an end, or move the work into an action"
  )
  error.name = "FuelExhausted"
  return new Fatal(error)
}
