/**
 * L-39 to L-51: calls side by side.
 */
import { runAction, sleep, workflow } from "@rappel/core"
import {
  addNumbers,
  double,
  failWith,
  fetchPairs,
  increment,
  labelled,
  multiplyBy,
  slowly,
  square,
  succeedAt,
  sum
} from "./actions.ts"

export const L_39_gather_simple = workflow(async () => {
  const [a, b] = await Promise.all([double(1), square(3)])
  return [a, b]
})

export const L_40_gather_with_args = workflow(async (x: number, y: number) => {
  const [total, product] = await Promise.all([addNumbers(x, y), multiplyBy(x, y)])
  return { total, product }
})

export const L_41_gather_tuple_unpack = workflow(async (x: number) => {
  const [a, b] = await Promise.all([double(x), square(x)])
  return await addNumbers(a, b)
})

export const L_42_gather_to_variable = workflow(async () => {
  const results = await Promise.all([double(1), double(2), double(3)])
  return { results, first: results[0] }
})

export const L_43_gather_nested = workflow(async (values: ReadonlyArray<number>) => {
  const squares = await Promise.all(values.map((value) => square(value)))
  const [total, doubled] = await Promise.all([
    sum(squares),
    Promise.all(squares.map((value) => double(value)))
  ])
  return { total, doubled, again: await sum(doubled) }
})

export const L_44_gather_listcomp = workflow(
  async (values: ReadonlyArray<number>, factor: number) =>
    await Promise.all(values.map((value) => multiplyBy(value, factor)))
)

export const L_45_gather_listcomp_filter = workflow(async (values: ReadonlyArray<number>) => {
  const kept = await Promise.all(values.filter((value) => value > 2).map((value) => double(value)))
  return kept
})

export const L_46_gather_listcomp_tuple_unpack = workflow(async () => {
  const pairs = await fetchPairs()
  return await Promise.all(pairs.map(([name, score]) => labelled(name, score)))
})

/** A generator feeds the calls; the action itself as the callback of `map`. */
export const L_47_gather_generator = workflow(async (limit: number) => {
  function* upTo(end: number) {
    for (let at = 0; at < end; at++) if (at % 2 === 0) yield at
  }
  const fromGenerator = await Promise.all(Array.from(upTo(limit), (value) => square(value)))
  const direct = await Promise.all([...upTo(limit)].map(increment))
  return { fromGenerator, direct }
})

export const L_48_gather_run_action_spread = workflow(async (counters: ReadonlyArray<string>) =>
  await Promise.all(
    counters.map((counter) =>
      succeedAt.with({ retry: { attempts: 3 }, timeout: "30 seconds" })(counter, 3)
    )
  )
)

export const L_48_gather_run_action_thunks = workflow(async (counters: ReadonlyArray<string>) =>
  await Promise.all(
    counters.map((counter) =>
      runAction(() => succeedAt(counter, 2), { retry: { attempts: 3 }, timeout: 30_000 })
    )
  )
)

export const L_49_gather_run_action_static = workflow(async (counter: string) => {
  const [retried, timed, bare] = await Promise.all([
    succeedAt.with({ retry: { attempts: 2 } })(counter, 2),
    double.with({ timeout: "10s" })(4),
    double(5)
  ])
  return { retried, timed, bare }
})

export const L_50_gather_unsupported_variable = workflow(async (values: ReadonlyArray<number>) => {
  const tasks: Array<Promise<number>> = []
  for (const value of values) tasks.push(square(value))
  tasks.push(addNumbers(1, 1))
  const results = await Promise.all(tasks)
  return results
})

export const L_51_gather_all_throws = workflow(async () =>
  await Promise.all([double(1), failWith("conflict", "second"), double(3)])
)

export const L_51_gather_settled = workflow(async () => {
  const settled = await Promise.allSettled([
    double(1),
    failWith("conflict", "second"),
    failWith("text", "third")
  ])
  return settled.map((one) =>
    one.status === "fulfilled"
      ? `value ${one.value}`
      : one.reason instanceof Error
      ? `${one.reason.name} ${one.reason.message}`
      : `thrown ${one.reason}`
  )
})

export const L_51_race_and_any = workflow(async () => {
  const race = await Promise.race([slowly(1, 5000), sleep("5ms").then(() => "timer")])
  const any = await Promise.any([failWith("plain", "no"), slowly(2, 5), slowly(3, 5000)])
  let none: ReadonlyArray<string> = []
  try {
    await Promise.any([failWith("plain", "a"), failWith("type", "b")])
  } catch (error) {
    if (error instanceof AggregateError) none = error.errors.map(String)
  }
  return { race, any, none }
})
