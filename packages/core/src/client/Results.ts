/**
 * Awaits what instances returned: of one as an effect, of many in one fiber for all.
 *
 * A fiber of its own for each of a thousand instances was a third of what a client beside a
 * dispatcher keeps in memory meanwhile, which the collector copies again and again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Outcome } from "../machine/Model.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { decodeFailure, decodeResult, type LocalProgram } from "./classes.ts"
import { type InstanceNotFound, WorkflowFailure } from "./ClientError.ts"
import type { End, Ended, Waiter } from "./Waiter.ts"

/** Why awaiting a result can fail. */
export type ResultError = WorkflowFailure | InstanceNotFound | QueueUnavailable

/** Told what came of the instance that stood there in the list. */
export type OnResult = (result: Exit.Exit<unknown, ResultError>, index: number) => void

export interface Results {
  readonly ended: (id: string) => Effect.Effect<End, InstanceNotFound | QueueUnavailable>
  readonly valueOf: (
    record: End,
    outcome?: Outcome | null
  ) => Effect.Effect<unknown, WorkflowFailure>
  readonly results: (ids: ReadonlyArray<string>, onResult: OnResult) => Effect.Effect<void>
}

export interface ResultsParts {
  readonly waiter: Waiter
  /** The program of an instance, where its files are those of this process. */
  readonly localOf: (hash: string) => LocalProgram | undefined
}

export const make = (
  { localOf, waiter }: ResultsParts
): Effect.Effect<Results, never, Scope.Scope> =>
  Effect.gen(function*() {
    const fork = yield* FiberSet.makeRuntime<never, void, never>()

    const ended: Results["ended"] = (id) =>
      Effect.async((resume) => {
        const wait = waiter.expect(id)
        wait.confirm(true)
        wait.onEnd(resume)
        return Effect.sync(wait.release)
      })

    const valueOf: Results["valueOf"] = (record, outcome = record.outcome) => {
      const local = localOf(record.program)
      if (outcome === null) return Effect.dieMessage(`Instance ${record.id} has not finished`)
      if (outcome.ok) return decodeResult(outcome.value, local)
      return Effect.flatMap(decodeFailure(outcome.error, local), (cause) =>
        Effect.fail(
          new WorkflowFailure({
            instanceId: record.id,
            workflow: record.name,
            encoded: outcome.error,
            cause
          })
        ))
    }

    const decoded = (
      exit: Ended,
      then: (result: Exit.Exit<unknown, ResultError>) => void
    ): void => {
      if (Exit.isFailure(exit)) return then(exit)
      const value = valueOf(exit.value)
      if (Exit.isExit(value)) return then(value as Exit.Exit<unknown, WorkflowFailure>)
      fork(Effect.map(Effect.exit(value), then))
    }

    const results: Results["results"] = (ids, onResult) =>
      Effect.async((resume) => {
        if (ids.length === 0) return resume(Effect.void)
        /** Of those that were not told: the others' results must not be held until these end. */
        const waits = new Map(ids.map((id, index) => [index, waiter.expect(id)]))
        const release = () => {
          for (const wait of waits.values()) wait.release()
          waits.clear()
        }
        // Where a result is told stands a dispatcher, which must not be hit by an error of its caller.
        const tell = (result: Exit.Exit<unknown, ResultError>, index: number): void => {
          if (!waits.delete(index)) return
          try {
            onResult(result, index)
          } catch (cause) {
            release()
            return resume(Effect.die(cause))
          }
          if (waits.size === 0) resume(Effect.void)
        }
        for (const [index, wait] of waits) {
          wait.confirm(true)
          wait.onEnd((exit) => decoded(exit, (result) => tell(result, index)))
        }
        return Effect.sync(release)
      })

    return { ended, valueOf, results }
  })
