/**
 * The tests that are known to fail, by reason.
 *
 * `expected-failures.txt` has a line `## <reason>` per group, and below it the paths of its
 * tests, one a line; `snapshots` before a path says that it fails only with snapshots.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Answer } from "./ask.ts"

export interface Expected {
  readonly reason: string
  readonly inPlain: boolean
}

export const EXPECTED_FAILURES = join(import.meta.dirname, "expected-failures.txt")

export const readExpected = (text: string): ReadonlyMap<string, Expected> => {
  const expected = new Map<string, Expected>()
  let reason = ""
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) reason = line.slice(3)
    else if (line !== "" && !line.startsWith("#")) {
      const [, only, path] = /^(snapshots )?(.*)$/.exec(line)!
      if (reason === "") throw new Error(`${path} stands in the list before any reason`)
      expected.set(path!, { reason, inPlain: only === undefined })
    }
  }
  return expected
}

export const expectedFailures = (): ReadonlyMap<string, Expected> =>
  readExpected(readFileSync(EXPECTED_FAILURES, "utf8"))

export type Surprise = { readonly path: string; readonly what: string }

/** How an answer differs from the list; a test that passes must not be on it. */
export const surprisesOf = (
  answer: Answer,
  expected: ReadonlyMap<string, Expected>
): ReadonlyArray<Surprise> => {
  const { path, plain, snapshots } = answer
  const entry = expected.get(path)
  if (plain === undefined) {
    return entry === undefined
      ? []
      : [{ path, what: `is on the list, but does not count: ${answer.leftOut}` }]
  }
  const surprises: Array<Surprise> = []
  const inPlain = plain.failed !== undefined
  if (inPlain && entry?.inPlain !== true) {
    surprises.push({ path, what: `fails: ${plain.failed}: ${plain.message}` })
  }
  if (!inPlain && entry?.inPlain === true) {
    surprises.push({ path, what: "is on the list, but passes" })
  }
  if (snapshots === undefined || inPlain) return surprises
  if (snapshots.failed !== undefined && entry === undefined) {
    surprises.push({
      path,
      what: `fails with snapshots: ${snapshots.failed}: ${snapshots.message}`
    })
  }
  if (snapshots.failed === undefined && entry?.inPlain === false) {
    surprises.push({ path, what: "is on the list, but passes with snapshots" })
  }
  return surprises
}
