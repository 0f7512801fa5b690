/**
 * Generates programs one after the other and examines them.
 *
 * @since 0.1.0
 */
import { Coverage } from "./coverage.ts"
import { examine, type Verdict } from "./examine.ts"
import { generate, sourcesOf } from "./generate/program.ts"
import type { Sabotage } from "./sabotage.ts"
import { shrink } from "./shrink.ts"

export interface Failure {
  readonly seed: number
  readonly kind: Verdict["kind"]
  readonly detail: string
  /** As small as it could be made. */
  readonly source: string
}

export interface Report {
  readonly coverage: Coverage
  readonly failures: ReadonlyArray<Failure>
  /** Programs that Node refuses: the generator's own mistakes. */
  readonly unusable: number
}

export interface Options {
  readonly seed: number
  readonly programs: number
  readonly sabotage?: Sabotage | undefined
  /** Ends after that many differences. */
  readonly most?: number
  /** Candidates that a failure is shrunk with; 0 leaves it as it is. */
  readonly shrinks?: number
}

/** Program `n` of a run has the seed `seed + n`: it can be repeated alone. */
export const fuzz = async (options: Options): Promise<Report> => {
  const { most = 5, programs, sabotage, seed, shrinks = 1500 } = options
  const coverage = new Coverage()
  const failures: Array<Failure> = []
  let unusable = 0
  for (let at = seed; at < seed + programs && failures.length < most; at++) {
    const { tree } = generate(at)
    const verdict = await examine(tree, at, sabotage)
    coverage.add(tree, verdict.awaits)
    if (verdict.kind === "unusable") unusable++
    if (verdict.kind === "equal" || verdict.kind === "unusable") continue
    const isSame = async (smaller: typeof tree) => {
      const { detail, kind } = await examine(smaller, at, sabotage)
      return kind === verdict.kind &&
        (kind !== "rejected" || headline(detail) === headline(verdict.detail))
    }
    const small = await shrink(tree, isSame, shrinks)
    const { detail, kind } = await examine(small, at, sabotage)
    failures.push({ seed: at, kind, detail, source: sourcesOf(small).typescript })
  }
  return { coverage, failures, unusable }
}

const headline = (detail: string): string => detail.split("\n", 1)[0]!

export const printFailure = ({ detail, kind, seed, source }: Failure): string =>
  `seed ${seed}: ${kind} differs\n${source}\n${detail}`
