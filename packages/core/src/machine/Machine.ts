/**
 * The machine: steps instances of a program.
 *
 *     step(program, state, event) → (state', commands)
 *
 * Pure: the same state and event give the same state and commands, on any host and in any
 * later release that does not raise `MACHINE_VERSION`.
 *
 * @since 0.1.0
 */
import { mayRetry } from "../action/judges.ts"
import { errorNames } from "../dispatcher/errorNames.ts"
import type { ProgramFile } from "../program/Program.ts"
import { MAX_VALUE_LENGTH } from "../value/limits.ts"
import { decodeError, decodeValue } from "../value/Value.ts"
import { Cancelled } from "../workflow/errors.ts"
import { cancelChild, ChildEffect, parseEntry } from "./children.ts"
import { classClosures } from "./classes.ts"
import { type Limits, LoadedProgram } from "./Code.ts"
import { CallEffect, drop, fire } from "./effects.ts"
import { Instance } from "./Instance.ts"
import type {
  Command,
  Machine,
  MachineEvent,
  Outcome,
  Policy,
  Start,
  State,
  Step
} from "./Model.ts"
import { exportedValue, initialise } from "./modules.ts"
import { callInline, workflowFunctions } from "./natives/core.ts"
import { globals } from "./natives/globals.ts"
import {
  FULFILLED,
  type MachinePromise,
  promiseResolve,
  react,
  REJECTED,
  settle,
  stateOf
} from "./promises.ts"
import { Random } from "./Random.ts"
import { RootReaction } from "./reactions.ts"
import { whileRunning } from "./running.ts"
import { Fatal } from "./signals.ts"
import { readSnapshot } from "./snapshot/readSnapshot.ts"
import { writeSnapshot } from "./snapshot/writeSnapshot.ts"
import { addFrames, caught, framesOfAwaiter, stampWith, withoutHostTraces } from "./stack.ts"
import { valueHost } from "./valueHost.ts"
import { endWait, receive, timeOutWait, UntilEffect, WaitEffect, WaitTimer } from "./waits.ts"
import type { Watch } from "./Watchdog.ts"

/**
 * Bounds of a step and a state. They are part of what a step does: to change a default is to
 * raise `MACHINE_VERSION`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MachineOptions {
  /** Calls and loop turns that one step may take. Default: 50 million, some seconds. */
  readonly fuelPerStep?: number
  /** Largest snapshot, in UTF-16 code units. Default: 64 million. */
  readonly maxStateBytes?: number
  /** Largest encoded value: the arguments of a call, the result. Default: 16 Mi code units. */
  readonly maxValueLength?: number
  /** Ends steps that natives make long. Default: none. */
  readonly watch?: Watch | undefined
  /** Below the policies of the program. Default: none. */
  readonly policy?: Policy | undefined
}

const DEFAULT_FUEL = 50_000_000
const DEFAULT_STATE_BYTES = 64_000_000

/**
 * Makes a program ready to run; one machine serves all instances of the program.
 *
 * **Errors** A `TypeError` for a program of a later format. `start` and `apply` throw nothing
 * that the workflow does: its failures are outcomes. `snapshot` throws `ValueNotStorable` for a
 * variable that holds what has no stored form, and `StateTooLarge`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const load = (file: ProgramFile, options: MachineOptions = {}): Machine => {
  if (file.program.format !== 1) {
    throw new TypeError(
      `The program has format ${String(file.program.format)}, this release reads 1; update rappel`
    )
  }
  globals()
  const limits: Limits = {
    fuelPerStep: options.fuelPerStep ?? DEFAULT_FUEL,
    maxStateBytes: options.maxStateBytes ?? DEFAULT_STATE_BYTES,
    maxValueLength: options.maxValueLength ?? MAX_VALUE_LENGTH,
    watch: options.watch,
    policy: options.policy
  }
  const program = new LoadedProgram(file, limits)
  return {
    start: (start) => begin(program, start),
    apply: (state, event) => apply(state as Instance, event),
    snapshot: (state) => whileRunning(state as Instance, () => writeSnapshot(state as Instance)),
    restore: (snapshot) => readSnapshot(program, snapshot)
  }
}

const begin = (
  program: LoadedProgram,
  start: Start
): { readonly state: State; readonly step: Step } => {
  const state = new Instance(program, start.instanceId, Random.fromSeed(start.seed))
  const step = run(state, start.at, () => {
    try {
      enter(state, start)
    } catch (error) {
      state.complete(false, caught(null, error))
    }
  })
  return { state, step }
}

/** Initialises the modules and calls the entry; its outcome will be the instance's. */
const enter = (state: Instance, { entry, input }: Start): void => {
  const { m, x } = state.program.program.entry
  initialise(m)
  const workflow = entry === undefined ? exportedValue(m, x) : variableOf(state, entry)
  const args: unknown = decodeValue(input, valueHost)
  if (!Array.isArray(args)) throw new TypeError("The input of a workflow is an array of arguments")
  react(promiseResolve(call(workflow, args, x)), new RootReaction())
}

/** The workflow of a child. */
const variableOf = (state: Instance, entry: string): unknown => {
  const { index, module } = parseEntry(entry)
  if (state.modules[module] === undefined) initialise(module)
  return state.modules[module]?.[index]
}

const call = (entry: unknown, args: ReadonlyArray<unknown>, name: string): unknown => {
  if (typeof entry !== "function") throw new TypeError(`${name} is not a workflow`)
  const own = workflowFunctions.get(entry)
  // Called as the workflow that it is, it would be a child of itself.
  if (own !== undefined) return callInline(own, args)
  if (classClosures.get(entry) === undefined) return Reflect.apply(entry, undefined, args)
  const workflow = Reflect.construct(entry, []) as { readonly run?: unknown }
  const { run } = workflow
  if (typeof run !== "function") throw new TypeError(`${name} has no method run`)
  return Reflect.apply(run, workflow, args)
}

const apply = (state: Instance, event: MachineEvent): Step => {
  if (state.closed) return nothing(state)
  switch (event.kind) {
    case "settled": {
      const effect = state.pending.get(event.effect)
      if (!(effect instanceof CallEffect || effect instanceof ChildEffect)) return nothing(state)
      return run(state, event.at, () => {
        state.pending.delete(event.effect)
        settleCall(effect, event.outcome)
      })
    }
    case "fired": {
      const effect = state.pending.get(event.effect)
      if (effect === undefined || effect.kind !== "timer") return nothing(state)
      return run(state, event.at, () => {
        state.pending.delete(event.effect)
        if (effect instanceof WaitTimer) return timeOutWait(state, effect)
        try {
          fire(effect)
        } catch (error) {
          state.uncaught(caught(null, error))
        }
      })
    }
    case "received":
      return run(state, event.at, () => {
        // Nobody can take it any more.
        if (!state.completed) receive(state, event.channel, event)
      })
    case "cancelled":
      return state.isCancelled
        ? nothing(state)
        : run(state, event.at, () => cancel(state, event.reason))
    case "repaired":
      return run(state, event.at, () => repair(state, event))
    case "failed": {
      const effect = state.pending.get(event.effect)
      if (!(effect instanceof CallEffect)) return nothing(state)
      let mayRetry = false
      const step = run(state, event.at, () => {
        mayRetry = judge(state, effect, event)
      })
      return { ...step, mayRetry }
    }
  }
}

/** Asks for calls again; in the order in which they were asked for first. */
const repair = (
  state: Instance,
  { again, floor, seed }: Extract<MachineEvent, { readonly kind: "repaired" }>
): void => {
  state.effects = Math.max(state.effects, floor)
  state.random = Random.fromSeed(seed)
  for (const number of again) {
    const call = state.pending.get(number)
    if (!(call instanceof CallEffect)) continue
    state.pending.delete(number)
    call.effect = ++state.effects
    state.pending.set(call.effect, call)
    state.emit(call)
  }
}

/** Asks the program's predicates; unless they are for another execution, the call is settled. */
const judge = (
  state: Instance,
  effect: CallEffect,
  { attempts, error: text }: Extract<MachineEvent, { readonly kind: "failed" }>
): boolean => {
  const { judges, policy, promise } = effect
  let error: unknown
  try {
    error = failureOf({ ok: false, error: text }, promise)
    if (mayRetry(policy.retry!, errorNames(text), judges, error)) return true
    count(error, attempts)
  } catch (thrown) {
    error = withStack(caught(null, thrown), promise)
  }
  state.pending.delete(effect.effect)
  settle(promise, REJECTED, error)
  return false
}

const nothing = ({ closed }: Instance): Step => ({ commands: [], closed, fuel: 0 })

const settleCall = ({ promise }: CallEffect | ChildEffect, outcome: Outcome): void => {
  try {
    if (outcome.ok) settle(promise, FULFILLED, decodeValue(outcome.value, valueHost))
    else settle(promise, REJECTED, failureOf(outcome, promise))
  } catch (error) {
    // A value of a class that the program does not have.
    settle(promise, REJECTED, withStack(caught(null, error), promise))
  }
}

const failureOf = (
  { attempts, error: text }: Extract<Outcome, { readonly ok: false }>,
  promise: MachinePromise
): unknown => {
  const error = decodeError(text, valueHost)
  if (attempts !== undefined) count(error, attempts)
  return withStack(error, promise)
}

const count = (error: unknown, attempts: number): void => {
  if (!(error instanceof Error) || !Object.isExtensible(error)) return
  Object.defineProperty(error, "attempts", {
    value: attempts,
    writable: true,
    enumerable: true,
    configurable: true
  })
}

const withStack = (error: unknown, promise: MachinePromise): unknown => {
  addFrames(error, framesOfAwaiter(promise))
  return error
}

/** Rejects every effect that is pending now, in order. */
const cancel = (state: Instance, reason: string | null): void => {
  state.isCancelled = true
  for (const effect of Array.from(state.pending.values())) {
    // The timer of a wait goes with the wait.
    if (effect instanceof WaitTimer) continue
    const { promise } = effect
    // A bare callback has nobody to tell: its timer stays.
    if (promise === undefined || isSettled(promise)) continue
    if (effect instanceof WaitEffect || effect instanceof UntilEffect) endWait(state, effect)
    else if (effect instanceof ChildEffect) {
      state.pending.delete(effect.effect)
      if (!effect.abandoned) cancelChild(effect, reason)
    } else drop(effect.effect)
    settle(promise, REJECTED, cancelled(promise, reason))
  }
}

const isSettled = (promise: MachinePromise): boolean => stateOf(promise).status !== 0

const cancelled = (promise: MachinePromise, reason: string | null): Error => {
  const error = new Cancelled(reason)
  stampWith(error, framesOfAwaiter(promise))
  return error
}

/** One step: what `body` does, and all jobs that follow from it. */
const run = (state: Instance, at: number, body: () => void): Step =>
  whileRunning(state, () =>
    withoutHostTraces(() => {
      const { fuelPerStep } = state.program.limits
      state.begin(at, fuelPerStep)
      try {
        body()
        state.drain()
      } catch (error) {
        if (!(error instanceof Fatal)) throw error
        state.fail(error.error)
      }
      const commands = state.commands.map(commandOf)
      const { outcome } = state
      if (state.completed && state.pending.size === 0) state.closed = true
      return {
        commands,
        ...(outcome === undefined ? {} : { outcome }),
        closed: state.closed,
        fuel: fuelPerStep - Math.max(0, state.fuel)
      }
    }))

const commandOf = (command: Command | CallEffect): Command => {
  if (!(command instanceof CallEffect)) return command
  const { action, args, effect, policy } = command
  return { kind: "call", effect, action, args, policy }
}
