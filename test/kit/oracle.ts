/**
 * Runs a workflow in three ways that must agree: as the plain function that it is, in the
 * machine, and in the machine with a snapshot and a restore between any two steps.
 *
 * Time is virtual. Actions complete in the order in which they were called, timers when the
 * clock is theirs, in both worlds by the same rule, so that races end the same way.
 *
 * @since 0.1.0
 */
import { type CompiledWorkflow, compileFile, render } from "@rappel/compiler"
import { toMillis } from "@rappel/core/duration/Duration"
import { load } from "@rappel/core/machine/Machine"
import type { Outcome, State, Step } from "@rappel/core/machine/Model"
import {
  decodeError,
  decodeValue,
  describeError,
  encodeError,
  encodeValue
} from "@rappel/core/value/Value"
import { format } from "node:util"
import ts from "typescript"

/** The clock's start: a round number, so that outputs are easy to read. */
const EPOCH = 1_700_000_000_000

const SEED = "0123456789abcdef0123456789abcdef"

/** What a run showed. Values are encoded, errors are described without their stacks. */
export interface Run {
  readonly outcome: { readonly ok: boolean; readonly value: unknown }
  readonly logs: ReadonlyArray<string>
  /** Action calls in order: `name(args)`. */
  readonly calls: ReadonlyArray<string>
  /** Stack of the error, if it failed. */
  readonly stack?: string | undefined
}

export interface MachineRun extends Run {
  readonly steps: number
  readonly snapshotBytes: number
  readonly outcomeText: Outcome
}

type AnyFunction = (...args: ReadonlyArray<any>) => unknown

/** Items of a virtual event loop: the earliest first, then in order. */
class Agenda {
  #items: Array<{ readonly due: number; readonly seq: number; readonly run: () => unknown }> = []
  #seq = 0
  now = EPOCH

  add(due: number, run: () => unknown): number {
    const seq = ++this.#seq
    this.#items.push({ due, seq, run })
    return seq
  }

  remove(seq: number): void {
    this.#items = this.#items.filter((item) => item.seq !== seq)
  }

  async runNext(): Promise<boolean> {
    this.#items.sort((a, b) => a.due - b.due || a.seq - b.seq)
    const item = this.#items.shift()
    if (item === undefined) return false
    this.now = Math.max(this.now, item.due)
    await item.run()
    return true
  }
}

const describe = (outcome: Outcome): Run["outcome"] => {
  if (outcome.ok) return { ok: true, value: decodeValue(outcome.value, openHost()) }
  const { stack: _, ...error } = describeError(outcome.error)
  return { ok: false, value: error }
}

/** Knows no class: instances show as objects of a class of that name. */
const openHost = () => {
  const prototypes = new Map<string, object>()
  return {
    classOf: (prototype: object) => {
      const constructor = prototype.constructor as { readonly name?: string }
      return { name: constructor.name ?? "", bases: [] }
    },
    prototypeOf: ({ name }: { readonly name: string }) => {
      let prototype = prototypes.get(name)
      if (prototype === undefined) {
        prototype = Object.create(Object.prototype, { constructor: { value: { name } } }) as object
        prototypes.set(name, prototype)
      }
      return prototype
    }
  }
}

const stackOf = (outcome: Outcome): string | undefined => {
  if (outcome.ok) return undefined
  const error = decodeError(outcome.error)
  return error instanceof Error ? error.stack : undefined
}

/** Evaluates the module as Node would, with the core of a virtual world. */
const evaluate = (
  source: string,
  core: Record<string, unknown>,
  globals: Record<string, unknown>
) => {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      useDefineForClassFields: true
    },
    fileName: "case.ts"
  })
  const exports: Record<string, any> = {}
  const names = Object.keys(globals)
  // oxlint-disable-next-line no-new-func -- the plain run is Node's own
  const run = new Function("require", "exports", ...names, `"use strict";\n${outputText}`)
  run(() => core, exports, ...names.map((name) => globals[name]))
  return exports
}

interface World {
  readonly exports: Record<string, any>
  readonly agenda: Agenda
  readonly logs: Array<string>
  readonly calls: Array<string>
  /** The functions behind the actions, by their exported name. */
  readonly actions: Map<AnyFunction, AnyFunction>
}

/** A world in which the source's actions run; a plain run uses all of it. */
const makeWorld = (source: string): World => {
  const agenda = new Agenda()
  const logs: Array<string> = []
  const calls: Array<string> = []
  const actions = new Map<AnyFunction, AnyFunction>()
  const makeAction = (fn: AnyFunction): AnyFunction => {
    const length = fn.length
    const hasRest = /^\s*(?:async\s*)?(?:function[^(]*)?\([^)]*\.\.\./.test(fn.toString())
    const call = (...given: ReadonlyArray<unknown>) => {
      const args = hasRest || /=/.test(fn.toString().split("=>")[0] ?? "")
        ? given
        : given.slice(0, length)
      const text = encodeValue(args, openHost())
      calls.push(text)
      return new Promise((resolve, reject) => {
        agenda.add(agenda.now, async () => {
          try {
            const value = await fn(...decodeValue(text, openHost()) as ReadonlyArray<unknown>)
            resolve(decodeValue(encodeValue(value, openHost()), openHost()))
          } catch (error) {
            reject(error)
          }
        })
      })
    }
    actions.set(call, fn)
    const withPolicy = (inner: AnyFunction): AnyFunction =>
      Object.assign(inner, {
        with: () => withPolicy((...given: ReadonlyArray<unknown>) => call(...given))
      })
    return withPolicy(call)
  }
  const core = {
    action: (first: unknown, second?: AnyFunction) =>
      makeAction((typeof first === "function" ? first : second) as AnyFunction),
    workflow: (first: unknown, second?: AnyFunction) => {
      const fn = (typeof first === "function" ? first : second) as AnyFunction
      return async (...args: ReadonlyArray<unknown>) => await fn(...args)
    },
    sleep: (duration: unknown) => {
      const due = agenda.now + Math.ceil(Math.max(0, toMillis(duration)))
      return new Promise<void>((resolve) => {
        agenda.add(due, () => resolve())
      })
    },
    runAction: (call: unknown) => Promise.resolve(typeof call === "function" ? call() : call),
    Workflow: class Workflow {}
  }
  const log = (...args: ReadonlyArray<unknown>) => {
    logs.push(format(...args))
  }
  const globals = {
    console: { log, info: log, debug: log, warn: log, error: log },
    setTimeout: (fn: AnyFunction, millis?: number, ...args: ReadonlyArray<unknown>) => ({
      seq: agenda.add(
        agenda.now + (Number(millis) >= 1 ? Math.trunc(Number(millis)) : 1),
        () => {
          fn(...args)
        }
      )
    }),
    clearTimeout: (timeout?: { readonly seq: number }) => {
      if (timeout !== undefined) agenda.remove(timeout.seq)
    },
    Date: virtualDate(agenda)
  }
  return { exports: evaluate(source, core, globals), agenda, logs, calls, actions }
}

const virtualDate = (agenda: Agenda) =>
  new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [agenda.now] : args, newTarget) as object,
    apply: (target) => new target(agenda.now).toString(),
    get: (target, key, receiver) =>
      key === "now" ? () => agenda.now : Reflect.get(target, key, receiver) as unknown
  })

/** Lets all promise jobs run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The workflow as Node runs it. */
export const runPlain = async (
  source: string,
  name: string,
  args: ReadonlyArray<unknown>
): Promise<Run> => {
  let unhandled: unknown
  let hasUnhandled = false
  const onUnhandled = (reason: unknown) => {
    if (!hasUnhandled) unhandled = reason
    hasUnhandled = true
  }
  const before = process.listeners("unhandledRejection")
  process.removeAllListeners("unhandledRejection")
  process.on("unhandledRejection", onUnhandled)
  const world = makeWorld(source)
  let outcome: Outcome | undefined
  try {
    const entry = world.exports[name] as AnyFunction
    const given = decodeValue(encodeValue(args, openHost()), openHost()) as ReadonlyArray<unknown>
    const isClass = /^class\b/.test(entry.toString())
    const result = (async () =>
      isClass
        ? await (Reflect.construct(entry, []) as { run: AnyFunction }).run(...given)
        : await entry(...given))()
    result.then(
      (value) => {
        outcome ??= { ok: true, value: encodeValue(value, openHost()) }
      },
      (error: unknown) => {
        outcome ??= { ok: false, error: encodeError(error) }
      }
    )
    for (let turn = 0; turn < 100_000; turn++) {
      await settled()
      if (hasUnhandled) outcome ??= { ok: false, error: encodeError(unhandled) }
      if (outcome !== undefined) break
      let isMore: boolean
      try {
        isMore = await world.agenda.runNext()
      } catch (error) {
        outcome ??= { ok: false, error: encodeError(error) }
        break
      }
      if (!isMore) throw new Error("the plain run awaits what never comes")
    }
  } finally {
    process.removeListener("unhandledRejection", onUnhandled)
    for (const listener of before) process.on("unhandledRejection", listener)
  }
  const { calls, logs } = world
  return { outcome: describe(outcome!), logs, calls, stack: stackOf(outcome!) }
}

/** Compiles one workflow of a source; throws its findings. */
export const compileSource = (source: string, name: string): CompiledWorkflow => {
  const file = "/project/src/case.ts"
  const { findings, workflows } = compileFile({
    file,
    projectRoot: "/project",
    exports: [name],
    readFile: (path) => path === file ? source : undefined
  })
  const found = workflows.find((each) => each.export === name)
  if (found?.program === undefined) {
    const all = [...findings, ...found?.findings ?? []]
    throw new Error(`${name} does not compile:\n${all.map(render).join("\n")}`)
  }
  return found
}

/** The workflow in the machine; `restores`: written and read back after every step. */
export const runMachine = async (
  source: string,
  name: string,
  args: ReadonlyArray<unknown>,
  options: { readonly restores?: boolean; readonly compiled?: CompiledWorkflow } = {}
): Promise<MachineRun> => {
  const { actions, program } = options.compiled ?? compileSource(source, name)
  const machine = load(program!)
  const world = makeWorld(source)
  const agenda = new Agenda()
  const logs: Array<string> = []
  const calls: Array<string> = []
  let outcome: Outcome | undefined
  let steps = 0
  let snapshotBytes = 0

  const functionOf = (id: string): AnyFunction => {
    const site = actions.find((each) => each.id === id)!
    return world.actions.get(world.exports[site.export] as AnyFunction)!
  }

  /** Runs an instance, and those that it starts, over the one agenda. */
  const runInstance = (
    start: {
      readonly instanceId: string
      readonly input: string
      readonly seed: string
      readonly entry?: string
    },
    onOutcome: (outcome: Outcome) => void
  ): void => {
    const timers = new Map<number, number>()
    let state: State

    const absorb = (step: Step): void => {
      steps++
      for (const command of step.commands) {
        if (command.kind === "log") logs.push(command.text)
        else if (command.kind === "timer") {
          timers.set(
            command.effect,
            agenda.add(command.dueAt, () => {
              advance({ kind: "fired", effect: command.effect, at: agenda.now })
            })
          )
        } else if (command.kind === "drop") agenda.remove(timers.get(command.effect)!)
        else if (command.kind === "complete") onOutcome(command.outcome)
        else if (command.kind === "child") {
          const { effect, id, ...child } = command
          agenda.add(agenda.now, () => {
            runInstance({ ...child, instanceId: id }, (outcome) => {
              agenda.add(agenda.now, () => {
                advance({ kind: "settled", effect, at: agenda.now, outcome })
              })
            })
          })
        } else if (command.kind === "call") {
          calls.push(command.args)
          agenda.add(agenda.now, async () => {
            const { effect } = command
            const result = await execute(functionOf(command.action), command.args)
            advance({ kind: "settled", effect, at: agenda.now, outcome: result })
          })
        }
      }
    }

    const advance = (event: Parameters<typeof machine.apply>[1]): void => {
      if (options.restores === true) {
        const text = machine.snapshot(state)
        snapshotBytes = Math.max(snapshotBytes, text.length)
        state = machine.restore(text)
        const again = machine.snapshot(state)
        if (again !== text) throw new Error(`a restored state differs:\n${text}\n${again}`)
      }
      absorb(machine.apply(state, event))
    }

    const begun = machine.start({ ...start, at: agenda.now })
    state = begun.state
    absorb(begun.step)
  }

  runInstance({ instanceId: "i1", input: encodeValue(args, openHost()), seed: SEED }, (first) => {
    outcome = first
  })
  while (outcome === undefined) {
    if (!await agenda.runNext()) throw new Error("the instance awaits what never comes")
  }
  return {
    outcome: describe(outcome),
    logs,
    calls,
    steps,
    snapshotBytes,
    stack: stackOf(outcome),
    outcomeText: outcome
  }
}

const execute = async (fn: AnyFunction, args: string): Promise<Outcome> => {
  try {
    const value = await fn(...decodeValue(args, openHost()) as ReadonlyArray<unknown>)
    return { ok: true, value: encodeValue(value, openHost()) }
  } catch (error) {
    return { ok: false, error: encodeError(error) }
  }
}

export interface Runs {
  readonly plain: Run
  readonly machine: MachineRun
  readonly restored: MachineRun
}

/**
 * All three runs of one workflow.
 *
 * **Shapes** `source` is a TypeScript module; it imports what it needs from `@rappel/core`
 * and exports its actions. `name` is the export to run, `main` unless given.
 */
export const runEverywhere = async (
  source: string,
  { args = [], name = "main" }: {
    readonly args?: ReadonlyArray<unknown>
    readonly name?: string
  } = {}
): Promise<Runs> => {
  const compiled = compileSource(source, name)
  const plain = await runPlain(source, name, args)
  const machine = await runMachine(source, name, args, { compiled })
  const restored = await runMachine(source, name, args, { compiled, restores: true })
  return { plain, machine, restored }
}
