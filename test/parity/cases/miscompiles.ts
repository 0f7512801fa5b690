/**
 * M1 to M20: what the predecessor compiled to something else without a word.
 */
import { sleep, workflow } from "@rappel/core"
import {
  double,
  failWith,
  fetchPairs,
  identity,
  increment,
  labelled,
  received,
  succeedAt,
  takeTime,
  upperCase,
  withDefault
} from "./actions.ts"
import * as errors from "./errors.ts"

/** Both sides were evaluated. */
export const M_01_short_circuit = workflow(async (missing: { readonly x: number } | null) => {
  const safe = missing !== null && missing.x > 1
  const skipped = false && await failWith("plain", "must not run")
  const chosen = true || await failWith("plain", "must not run")
  const zero: number | null = missing === null ? 0 : 1
  const coalesced = (zero as number | null) ?? await failWith("plain", "must not run")
  const chain = missing?.x
  return await identity({ safe, skipped, chosen, coalesced, chain: chain ?? "none" })
})

/** A rejection was raised where its value was asked for. */
export const M_02_settled_values = workflow(async () => {
  const settled = await Promise.allSettled([
    failWith("plain", "a"),
    double(2),
    failWith("type", "b")
  ])
  return settled.map((one) => one.status)
})

/** The else block of a loop was dropped; here it is a flag, or a label. */
export const M_03_after_the_loop = workflow(async (wanted: number) => {
  const trail: Array<string> = []
  search: {
    for (let at = 0; at < 3; at++) {
      if (await increment(at) === wanted) {
        trail.push(`found at ${at}`)
        break search
      }
    }
    trail.push("not found")
  }
  try {
    await increment(1)
    trail.push("no error")
  } catch {
    trail.push("error")
  }
  return trail
})

/** The finally block was dropped. */
export const M_04_finally = workflow(async (how: string) => {
  const trail: Array<string> = []
  const attempt = async () => {
    try {
      trail.push(await upperCase("body"))
      if (how === "throw") await failWith("range", "thrown")
      if (how === "return") return "returned"
    } finally {
      trail.push(await upperCase("cleanup"))
    }
    return "ended"
  }
  try {
    trail.push(await attempt())
  } catch (error) {
    trail.push(error instanceof RangeError ? error.message : "?")
  }
  for (const at of [1, 2, 3]) {
    try {
      if (at === 2) continue
      if (at === 3) break
    } finally {
      trail.push(`finally ${await increment(at)}`)
    }
  }
  return trail
})

/** A finally that returns or throws decides. */
export const M_04_finally_decides = workflow(async () => {
  const returns = async (): Promise<string> => {
    try {
      return await failWith("plain", "lost")
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- what this case is about
      return await upperCase("finally")
    }
  }
  const throws = async () => {
    try {
      return await upperCase("lost")
    } finally {
      await failWith("type", "wins")
    }
  }
  const first = await returns()
  try {
    await throws()
  } catch (error) {
    return [first, String(error)]
  }
  return [first, "no error"]
})

/** Only the first half of the comparison was compiled. */
export const M_05_range_check = workflow(async (n: number) => {
  const within = 1 < n && n < 5
  return await identity(within)
})

/** Compiled as an unpacking. */
export const M_06_chained_assignment = workflow(async () => {
  let a: number
  let b: number
  a = b = await double(21)
  const box = { c: 0 }
  a += box.c = await increment(a)
  return { a, b, c: box.c }
})

/** Only the first target was assigned. */
export const M_07_nested_patterns = workflow(async () => {
  const [[firstKey, firstValue], ...rest] = await fetchPairs() as [
    readonly [string, number],
    ...Array<readonly [string, number]>
  ]
  const { a, b: { c: [d = "default", e] }, ...others } = await identity({
    a: 1,
    b: { c: [undefined, 5] },
    f: 6,
    g: 7
  }) as { a: number; b: { c: [string | undefined, number] }; f: number; g: number }
  let x = 1
  let y = 2
  ;[x, y] = [y, await increment(x)]
  return { firstKey, firstValue, rest, a, d, e, others, x, y }
})

/** Writing to a key made a variable of that name. */
export const M_08_keys = workflow(async () => {
  const result: Record<string, unknown> = {}
  const keys = ["a", "b"]
  for (const key of keys) result[key] = await double(key.length)
  const squares = { ...result, [`${keys[0]}!`]: await increment(1) }
  ;(result["nested"] ??= {} as unknown) as object
  ;(result["nested"] as Record<string, number>)["deep"] = await increment(2)
  delete result["b"]
  return { result, squares, size: Object.keys(squares).length }
})

/** The spread was dropped. */
export const M_09_spread = workflow(async (given: Readonly<Record<string, number>>) => {
  const nothing = (): object | null => null
  const merged = { ...given, z: await increment(0), ...nothing() }
  const list = [0, ...Object.values(merged), ...await fetchPairs()]
  return { merged, list }
})

/** A number of attempts that is a variable meant a hundred. */
export const M_10_variable_attempts = workflow(async (counter: string, attempts: number) => {
  try {
    return await succeedAt.with({ retry: { attempts } })(counter, 50)
  } catch (error) {
    return (error as { readonly attempts?: number }).attempts
  }
})

/** A timeout that is a variable meant none. */
export const M_11_variable_timeout = workflow(async (counter: string, timeout: string) => {
  try {
    return await takeTime.with({ timeout, timeoutAttempts: 1 })(counter, 2500)
  } catch (error) {
    return (error as Error).name
  }
})

/** Small and large units meant none. */
export const M_12_units = workflow(async (counter: string) => {
  const outcomes: Array<string | number> = []
  for (const timeout of ["900ms", "0.9s", "1 week", "1d"]) {
    try {
      const late = timeout.endsWith("s") ? 2500 : 1
      outcomes.push(
        await takeTime.with({ timeout, timeoutAttempts: 1 })(`${counter}-${timeout}`, late)
      )
    } catch (error) {
      outcomes.push((error as Error).name)
    }
  }
  return outcomes
})

/** Classes among the errors to repeat were dropped, so that everything was repeated. */
export const M_13_error_classes = workflow(async (counter: string) => {
  try {
    return await succeedAt.with({ retry: { attempts: 5, retryOn: [TypeError] } })(counter, 4)
  } catch (error) {
    return (error as Error).name
  }
})

/** A class behind a namespace caught everything. */
export const M_14_namespaced_classes = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    if (error instanceof errors.ConflictError) return "conflict"
    throw error
  }
})

/** A plain value among the calls was dropped. */
export const M_15_values_among_calls = workflow(async () => {
  const pending = double(4)
  return await Promise.all([double(1), 7, pending, Promise.resolve("text"), undefined])
})

/** A result with such keys was taken for an exception. */
export const M_16_error_like_data = workflow(async () => {
  const data = await identity({ type: "ValueError", message: "only data", name: "x", stack: "s" })
  return { data, isError: data instanceof Error }
})

/** `None` was dropped, so that the action's default came in its place. */
export const M_17_null_arguments = workflow(async () => [
  await withDefault(null),
  await withDefault(undefined),
  await withDefault(),
  await received(null, undefined, 0, undefined),
  await labelled("nothing", null)
])

/** A subclass was not caught by its base. */
export const M_18_subclasses = workflow(async (kind: string) => {
  try {
    return await failWith(kind, "told")
  } catch (error) {
    if (error instanceof errors.ServiceError) return `service: ${error.name}`
    if (error instanceof Error) return `error: ${error.name}`
    throw error
  }
})

/** A helper that changed its argument changed a copy. */
export const M_19_shared_arguments = workflow(async () => {
  const messages: Array<string> = ["first"]
  const turn = async (list: Array<string>, text: string) => {
    list.push(await upperCase(text))
  }
  await turn(messages, "second")
  const alias = messages
  await turn(alias, "third")
  return { messages, same: alias === messages }
})

/** Accepted, and then it slept for ever. */
export const M_20_negative_sleep = workflow(async () => {
  await sleep(-1)
  await sleep("-5s")
  await sleep(0)
  return await upperCase("awake")
})

export const M_20_no_duration = workflow(async (duration: string) => {
  try {
    await sleep(duration)
    return "slept"
  } catch (error) {
    return error instanceof TypeError ? error.message : "?"
  }
})
