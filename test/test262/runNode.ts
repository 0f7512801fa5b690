/**
 * Runs a wrapped test as Node does: the oracle that decides whether a test is asked at all.
 *
 * Each run has a context of its own, so that a test may change the language's own objects.
 */
import { createContext, Script } from "node:vm"
import { asScript, type Wrapped } from "./wrap.ts"

export type NodeEnd =
  | { readonly kind: "passed" }
  | { readonly kind: "syntax" }
  | { readonly kind: "failed"; readonly errorName: string }
  | { readonly kind: "unhandled" }
  | { readonly kind: "endless" }

/** Turns of the event loop without anything to wait for, after which nothing more comes. */
const IDLE_TURNS = 3

const SYNC_MILLIS = 5_000

export const parsesInNode = (wrapped: Wrapped): boolean => {
  try {
    new Script(asScript(wrapped, []))
    return true
  } catch {
    return false
  }
}

export const runNode = async (
  wrapped: Wrapped,
  includes: ReadonlyArray<string>
): Promise<NodeEnd> => {
  let script: Script
  try {
    script = new Script(asScript(wrapped, includes))
  } catch {
    return { kind: "syntax" }
  }
  let unhandled = false
  const onUnhandled = () => {
    unhandled = true
  }
  process.on("unhandledRejection", onUnhandled)
  try {
    let waiting = 0
    const tick = () =>
      new Promise<void>((resolve) => {
        waiting++
        setImmediate(() => {
          waiting--
          resolve()
        })
      })
    let end: NodeEnd | undefined
    const context = createContext({})
    const start = script.runInContext(context, { timeout: SYNC_MILLIS }) as (
      tick: () => Promise<void>
    ) => Promise<unknown>
    start(tick).then(
      () => {
        end = { kind: "passed" }
      },
      (error: unknown) => {
        end = { kind: "failed", errorName: nameOf(error) }
      }
    )
    for (let idle = 0; end === undefined && idle < IDLE_TURNS && !unhandled;) {
      await turn()
      idle = waiting === 0 ? idle + 1 : 0
    }
    if (unhandled) return { kind: "unhandled" }
    return end ?? { kind: "endless" }
  } catch (error) {
    return { kind: "failed", errorName: nameOf(error) }
  } finally {
    await turn()
    process.off("unhandledRejection", onUnhandled)
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** `main` throws `Name: message`. */
const nameOf = (error: unknown): string =>
  /^(.*?): /.exec(String((error as { readonly message?: unknown } | undefined)?.message))?.[1] ?? ""
