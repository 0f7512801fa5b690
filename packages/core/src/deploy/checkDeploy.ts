/**
 * Compares the code of today with the instances that are live: whoever began before a deploy
 * goes on with the program of then, but its calls run the actions of now.
 *
 * Schemas of then are not kept. What is kept is better: the arguments and results of the calls
 * that live instances have made or wait for are held against the schemas of now.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ActionInfo } from "../action/Action.ts"
import { acceptInput, acceptOutput } from "../action/ActionSchema.ts"
import { load } from "../machine/Machine.ts"
import type { Machine } from "../machine/Model.ts"
import type { ActionNode, ProgramFile } from "../program/Program.ts"
import type { InstanceRecord, Queue } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { classesIn, decodeValue } from "../value/Value.ts"
import type { ActionSource } from "../worker/ActionSource.ts"
import { callsOf } from "./callsOf.ts"

/**
 * - `action-gone`: a program of live instances calls an action that is not there any more.
 * - `arguments-refused`: a call that waits has arguments that the action's schema refuses.
 * - `arguments-changed`, `result-changed`: an earlier call had arguments, or a result, that the
 *   schema of now refuses, so a later call of the same instance may have them too.
 * - `unreadable`: an instance cannot be stepped here, so nothing is known of its calls.
 *
 * @category models
 */
export interface DeployFinding {
  readonly code:
    | "action-gone"
    | "arguments-refused"
    | "arguments-changed"
    | "result-changed"
    | "unreadable"
  readonly level: "problem" | "warning"
  readonly workflow: string
  readonly program: string
  /** "" for a finding that is about no action. */
  readonly action: string
  readonly reason: string
  /** Live instances of the program, for an action that is gone; else those that it is about. */
  readonly instances: number
  /** Some of those that wait for such a call now, or that it is about. */
  readonly examples: ReadonlyArray<string>
}

export interface DeployReport {
  readonly live: number
  /** Instances whose history was read; at most `limit`. */
  readonly looked: number
  readonly programs: number
  readonly findings: ReadonlyArray<DeployFinding>
}

const EXAMPLES = 5

const LIVE = ["waiting", "running", "aside"] as const

const nameOf = ({ file, id, step, x }: ActionNode) => ({
  action: id,
  file,
  exportName: x,
  ...(step === undefined ? {} : { step })
})

/** Why a value is refused; undefined when it is not. */
const refusal = (check: () => unknown): string | undefined => {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Collects findings of the same kind into one. */
const makeFindings = () => {
  const found = new Map<string, { finding: DeployFinding; ids: Set<string> }>()
  return {
    add: (finding: Omit<DeployFinding, "instances" | "examples">, id: string): void => {
      const { action, code, program } = finding
      const key = `${code} ${program} ${action}`
      const known = found.get(key)
      if (known === undefined) {
        found.set(key, { finding: { ...finding, instances: 0, examples: [] }, ids: new Set([id]) })
      } else known.ids.add(id)
    },
    all: (): ReadonlyArray<DeployFinding> =>
      Array.from(found.values(), ({ finding, ids }) => ({
        ...finding,
        instances: ids.size,
        examples: Array.from(ids).slice(0, EXAMPLES)
      }))
  }
}

/**
 * **Shapes** `limit` bounds the instances that are listed and read, the newest of each status.
 *
 * **Errors** `QueueUnavailable`.
 *
 * @category running
 */
export const checkDeploy = (
  queue: Queue["Type"],
  source: ActionSource["Type"],
  limit: number
): Effect.Effect<DeployReport, QueueUnavailable> =>
  Effect.gen(function*() {
    const lists = yield* Effect.forEach(LIVE, (status) => queue.list({ status, limit }))
    const live = lists.flat().slice(0, limit)
    const files = yield* queue.getPrograms(Array.from(new Set(live.map((one) => one.program))))
    const findings = makeFindings()
    const gone: Array<DeployFinding> = []
    let looked = 0

    /** Ids of instances by the actions that they wait for. */
    const waiting = new Map<string, Set<string>>()

    const look = (
      record: InstanceRecord,
      file: ProgramFile,
      machine: Machine,
      actions: ReadonlyMap<string, ActionInfo>
    ): Effect.Effect<void, QueueUnavailable> =>
      Effect.gen(function*() {
        // One that has not begun has made no call.
        if (record.startedAt === null) return
        const [begun] = yield* queue.begun([record.id])
        if (begun === undefined) return
        const events = yield* queue.history(record.id)
        looked++
        const about = { workflow: record.name, program: file.hash }
        const beginning = {
          id: record.id,
          input: record.input,
          seed: begun.seed,
          entry: begun.entry,
          startedAt: record.startedAt
        }
        const { calls, difference } = callsOf(machine, beginning, events)
        if (difference !== undefined) {
          const reason = `event ${difference.seq} cannot be stepped: ${difference.reason}`
          const unreadable = { code: "unreadable", level: "warning", action: "", reason } as const
          return findings.add({ ...about, ...unreadable }, record.id)
        }
        for (const { action, args, isPending, result } of calls) {
          if (isPending) {
            const ids = waiting.get(`${file.hash} ${action}`) ?? new Set()
            waiting.set(`${file.hash} ${action}`, ids.add(record.id))
          }
          const info = actions.get(action)
          if (info === undefined) continue
          const { schemas } = info
          const texts = [args, ...(result === undefined ? [] : [result])]
          if (schemas.input === undefined && schemas.output === undefined) continue
          if (source.load !== undefined) {
            const classes = texts.flatMap(classesIn)
            yield* source.load({ action, file: "", exportName: "" }, classes)
          }
          const refused = refusal(() =>
            acceptInput(action, schemas, decodeValue(args, source.values) as ReadonlyArray<unknown>)
          )
          if (refused !== undefined) {
            findings.add({
              ...about,
              code: isPending ? "arguments-refused" : "arguments-changed",
              level: isPending ? "problem" : "warning",
              action,
              reason: refused
            }, record.id)
          }
          if (result === undefined) continue
          const changed = refusal(() =>
            acceptOutput(action, schemas, decodeValue(result, source.values))
          )
          if (changed === undefined) continue
          findings.add({
            ...about,
            code: "result-changed",
            level: "warning",
            action,
            reason: changed
          }, record.id)
        }
      })

    for (const file of files) {
      const records = live.filter(({ program }) => program === file.hash)
      const actions = new Map<string, ActionInfo>()
      const missing = new Map<string, string>()
      for (const node of file.program.actions) {
        const found = yield* Effect.either(source.resolve(nameOf(node)))
        if (Either.isRight(found)) actions.set(node.id, found.right)
        else missing.set(node.id, found.left.message)
      }
      const machine = load(file)
      for (const record of records) yield* look(record, file, machine, actions)
      for (const [action, reason] of missing) {
        gone.push({
          code: "action-gone",
          level: "problem",
          workflow: records[0]!.name,
          program: file.hash,
          action,
          reason,
          instances: records.length,
          examples: Array.from(waiting.get(`${file.hash} ${action}`) ?? []).slice(0, EXAMPLES)
        })
      }
    }
    return {
      live: live.length,
      looked,
      programs: files.length,
      findings: [...gone, ...findings.all()]
    }
  })
