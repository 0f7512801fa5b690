/**
 * `rappel queues list` and `rappel queues limit`: calls that wait in queues, and limits of queues.
 *
 * @since 0.1.0
 */
import { format, toMillis } from "@rappel/core/duration/Duration"
import type { QueueLimits, QueueState } from "@rappel/core/queue/Calls"
import { Queue } from "@rappel/core/queue/Queue"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { moment, table } from "../output/table.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

interface Common {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

export interface LimitInput extends Common {
  readonly name: string
  readonly concurrency: Option.Option<number>
  readonly rate: Option.Option<string>
  readonly pause: boolean
}

const withQueue = <A>(input: Common, use: (queue: Queue["Type"]) => Effect.Effect<A, unknown>) =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const target = targetOf(yield* settingsWith(input), folder)
    return yield* Effect.provide(
      Effect.flatMap(Queue, use),
      Database.layerQueue(target, { maxConnections: 1 })
    )
  })

const refused = (message: string) => new BadUsage({ kind: "BadRequest", message })

const rateText = (rate: QueueLimits["rate"]): string =>
  rate === null ? "" : `${rate.count} in ${format(rate.periodMillis)}`

const show = (queues: ReadonlyArray<QueueState>): string =>
  table(
    ["queue", "waiting", "taken", "longest since", "served by", "at once", "rate", ""],
    queues.map((queue) => [
      queue.name,
      String(queue.waiting),
      String(queue.taken),
      moment(queue.oldestAt),
      queue.servers === 0 ? "nobody" : `${queue.servers}`,
      queue.concurrency === null ? "" : String(queue.concurrency),
      rateText(queue.rate),
      queue.paused ? "paused" : ""
    ])
  )

export const list = (input: Common): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const queues = yield* withQueue(input, (queue) => queue.calls.list)
    if (input.json) { for (const queue of queues) result(JSON.stringify(queue)) }
    else if (queues.length === 0) note("There are no queues: nobody serves one, and no call waits.")
    else result(show(queues))
    return ExitCode.done
  })

/** `10/1s`: so many starts in so long. */
const rateOf = (text: string): Effect.Effect<QueueLimits["rate"], BadUsage> =>
  Effect.try({
    try: () => {
      const [, count, period] = /^([1-9]\d{0,6})\/(.+)$/.exec(text)!
      const periodMillis = toMillis(period)
      if (!(periodMillis > 0 && periodMillis < Infinity)) throw new Error("no time")
      return { count: Number(count), periodMillis }
    },
    catch: () =>
      refused(`--rate is ${JSON.stringify(text)}; it takes starts and a time, such as 10/1s`)
  })

export const limit = (
  input: LimitInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { result } = yield* Output
    const concurrency = Option.getOrNull(input.concurrency)
    if (concurrency !== null && concurrency < 1) {
      return yield* Effect.fail(
        refused(`--concurrency is ${concurrency}; it takes a whole number from 1`)
      )
    }
    const rate = Option.isNone(input.rate) ? null : yield* rateOf(input.rate.value)
    const limits = { concurrency, rate, paused: input.pause }
    const queues = yield* withQueue(input, (queue) =>
      Effect.zipRight(queue.calls.limit(input.name, limits), queue.calls.list))
    const state = queues.filter(({ name }) =>
      name === input.name
    )
    result(input.json ? JSON.stringify(state[0]) : show(state))
    return ExitCode.done
  })
