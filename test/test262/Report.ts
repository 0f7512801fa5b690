/**
 * Counts answers and says what they come to.
 */
import type { Answer, Ended } from "./ask.ts"
import type { Expected, Surprise } from "./expected.ts"
import { type Group, GROUPS, RULE } from "./select.ts"

interface Count {
  asked: number
  plain: number
  withSnapshots: number
  snapshots: number
}

export class Report {
  readonly #expected: ReadonlyMap<string, Expected>
  readonly #counts = new Map<Group, Count>(
    GROUPS.map((group) => [group, { asked: 0, plain: 0, withSnapshots: 0, snapshots: 0 }])
  )
  readonly #leftOut = new Map<string, number>()
  readonly #reasons = new Map<string, number>()
  readonly #surprises: Array<Surprise> = []
  #files = 0
  #suspensions = 0

  constructor(expected: ReadonlyMap<string, Expected>) {
    this.#expected = expected
  }

  get isSurprising(): boolean {
    return this.#surprises.length > 0
  }

  add(answer: Answer, surprises: ReadonlyArray<Surprise>): void {
    this.#files++
    this.#surprises.push(...surprises)
    const { group, leftOut, path, plain, snapshots, suspensions = 0 } = answer
    if (group === undefined || plain === undefined) {
      increase(this.#leftOut, leftOut ?? "")
      return
    }
    const count = this.#counts.get(group)!
    count.asked++
    this.#suspensions += suspensions
    if (passed(plain)) count.plain++
    if (snapshots !== undefined) {
      count.withSnapshots++
      if (passed(snapshots)) count.snapshots++
    }
    const isFailure = !passed(plain) || snapshots !== undefined && !passed(snapshots)
    const reason = this.#expected.get(path)?.reason
    if (isFailure && reason !== undefined) increase(this.#reasons, reason)
  }

  text(): string {
    return [
      ...RULE,
      "",
      `Files: ${this.#files}. Left out: ${sum(this.#leftOut)}`,
      ...listed(this.#leftOut),
      "",
      "group          asked    plain             with snapshots",
      ...GROUPS.map((group) => row(group, this.#counts.get(group)!)),
      `Suspensions: ${this.#suspensions}`,
      ...this.#reasons.size === 0 ? [] : [
        "",
        `Expected failures: ${sum(this.#reasons)}`,
        ...listed(this.#reasons)
      ],
      ...this.#surprises.length === 0 ? [] : [
        "",
        `Not as the list of expected failures says: ${this.#surprises.length}`,
        ...this.#surprises.slice(0, SHOWN).map(({ path, what }) => `  ${path}\n    ${what}`),
        ...this.#surprises.length > SHOWN ? [`  … ${this.#surprises.length - SHOWN} more`] : []
      ]
    ].join("\n")
  }
}

const SHOWN = 50

const passed = ({ failed }: Ended): boolean => failed === undefined

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  Array.from(counts.values()).reduce((total, count) => total + count, 0)

const listed = (counts: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  Array.from(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([key, count]) => `  ${String(count).padStart(6)}  ${key}`)

const row = (group: string, { asked, plain, snapshots, withSnapshots }: Count): string =>
  `${group.padEnd(12)} ${String(asked).padStart(7)}  ${share(plain, asked)}` +
  (withSnapshots === 0 ? "" : `  ${share(snapshots, withSnapshots)}`)

const share = (part: number, whole: number): string =>
  whole === 0
    ? "-".padStart(16)
    : `${String(part).padStart(7)} (${(100 * part / whole).toFixed(2)} %)`.padEnd(18)
