/**
 * Whoever repairs instances: with the service that does it in production, whose requests are
 * sent again and come twice at once.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Entropy } from "../../../src/entropy/Entropy.ts"
import { Queue } from "../../../src/queue/Queue.ts"
import type { Repaired, Repairs } from "../../../src/repair/Repaired.ts"
import { makeWith } from "../../../src/repair/Repairs.ts"
import * as stepping from "../../../src/repair/stepping.ts"
import type { Audit } from "./Audit.ts"
import type { Random } from "./Random.ts"
import { answer, clockAt, type SimQueue } from "./SimQueue.ts"
import { fileOf, machineOf, SKIPPED, type World } from "./worlds.ts"

export type Verb = NonNullable<ReturnType<World["draw"]>["repair"]>

export class Operator {
  /** Instances that wait for a repair. */
  private readonly waiting: Array<{ readonly id: string; readonly verb: Verb }> = []
  private readonly queue: SimQueue
  private readonly audit: Audit
  private readonly random: Random
  private readonly run: <A>(effect: Effect.Effect<A, unknown>) => Exit.Exit<A, unknown>
  /** Made when first needed: most schedules have no repair. */
  private readonly make: () => Repairs
  private repairs: Repairs | undefined

  constructor(queue: SimQueue, audit: Audit, random: Random, now: () => number) {
    this.queue = queue
    this.audit = audit
    this.random = random
    const clock = clockAt(now)
    this.run = (effect) => Effect.runSyncExit(Effect.withClock(effect, clock))
    const { service } = queue
    this.make = () =>
      answer(
        makeWith(Effect.succeed({ ...stepping, load: ({ hash }) => machineOf(hash) })).pipe(
          Effect.provideService(Queue, {
            ...service,
            getPrograms: ([hash]) => Effect.succeed([fileOf(hash!)]),
            repair: (repairs) =>
              Effect.flatMap(
                service.repair(repairs),
                (isDone) =>
                  // Its answer was lost.
                  isDone && random.chance(0.3) ? service.repair(repairs) : Effect.succeed(isDone)
              )
          }),
          Effect.provideService(Entropy, {
            bytes: (count) => Uint8Array.from({ length: count }, () => random.below(256))
          })
        )
      )
  }

  hasWork(): boolean {
    return this.waiting.length > 0
  }

  add(id: string, verb: Verb): void {
    this.waiting.push({ id, verb })
  }

  private isReady(id: string, verb: Verb): boolean {
    return verb === "skip-live"
      ? this.queue.find(id).startedAt !== null
      : this.queue.isClosed(id)
  }

  /** Tries to repair one; answers whether that was done. */
  act(): boolean {
    const at = this.random.below(this.waiting.length)
    const { id, verb } = this.waiting[at]!
    // Most that come too early don't ask: to be refused costs as much as a repair.
    if (!this.isReady(id, verb) && this.random.chance(0.9)) return false
    const { family } = this.audit.find(id)!
    // What failed for a reason of its own is mended before it is tried again.
    if (verb === "retry") family.isMended = true
    const repairs = this.repairs ??= this.make()
    const repair = () =>
      this.run<Repaired>(verb === "retry" ? repairs.retry(id) : repairs.skip(id, SKIPPED))
    const exit = repair()
    // It is not closed yet, or does not wait yet.
    if (Exit.isFailure(exit)) return false
    this.waiting.splice(at, 1)
    if (verb === "skip-live") return true
    for (const one of [id, ...exit.value.children]) this.audit.reopened(one)
    if (verb === "retry" && Exit.isSuccess(repair())) this.audit.fail(`${id} was repaired twice`)
    return true
  }
}
