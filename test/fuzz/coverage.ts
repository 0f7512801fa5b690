/**
 * Which constructs the generated programs had, and how large they were.
 *
 * @since 0.1.0
 */
import { type Tree, walk } from "./Tree.ts"

/** Of no interest by themselves. */
const PASSED_OVER = new Set(["", "tick", "change"])

/** Kinds whose text has an `await`. */
const AWAITING =
  /^await|^for\.await$|^call\.method\.async$|^Promise\.all|^map\.action$|^iterator\.step\.async$/

export class Coverage {
  readonly #programs = new Map<string, number>()
  programs = 0
  nodes = 0
  /** Written in the programs. */
  awaits = 0
  /** Calls and timers that came back while they ran. */
  events = 0

  add(tree: Tree, events: number): void {
    const kinds = new Set<string>()
    walk(tree, ({ kind }) => {
      if (PASSED_OVER.has(kind)) return
      this.nodes++
      if (AWAITING.test(kind)) this.awaits++
      kinds.add(kind)
    })
    for (const kind of kinds) this.#programs.set(kind, (this.#programs.get(kind) ?? 0) + 1)
    this.programs++
    this.events += events
  }

  merge(other: CoverageData): void {
    for (const [kind, count] of other.kinds) {
      this.#programs.set(kind, (this.#programs.get(kind) ?? 0) + count)
    }
    this.programs += other.programs
    this.nodes += other.nodes
    this.awaits += other.awaits
    this.events += other.events
  }

  get data(): CoverageData {
    const { awaits, events, nodes, programs } = this
    return { programs, nodes, awaits, events, kinds: Array.from(this.#programs) }
  }

  /** Share of programs with each construct, rarest first. */
  get shares(): ReadonlyArray<readonly [kind: string, share: number]> {
    return Array.from(this.#programs, ([kind, count]) => [kind, count / this.programs] as const)
      .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
  }

  /** Constructs that fewer than one in a hundred programs had. */
  get rare(): ReadonlyArray<string> {
    return this.shares.filter(([, share]) => share < 0.01).map(([kind]) => kind)
  }

  print(): string {
    const cells = this.shares.map(([kind, share]) =>
      `${kind.padEnd(28)}${(share * 100).toFixed(1).padStart(6)} %`
    )
    const rows: Array<string> = []
    for (let at = 0; at < cells.length; at += 3) rows.push(cells.slice(at, at + 3).join("   "))
    const per = (sum: number) => (sum / this.programs).toFixed(1)
    return [
      ...rows,
      `${cells.length} constructs in ${this.programs} programs; ${per(this.nodes)} nodes, ` +
      `${per(this.awaits)} awaits and ${
        per(this.events)
      } events a program; ${this.rare.length} constructs below 1 %`
    ].join("\n")
  }
}

export interface CoverageData {
  readonly programs: number
  readonly nodes: number
  readonly awaits: number
  readonly events: number
  readonly kinds: ReadonlyArray<readonly [kind: string, count: number]>
}
