/**
 * Runs a program in all ways and says how they differ.
 *
 * @since 0.1.0
 */
import { compileFile, render } from "@rappel/compiler"
import { load } from "@rappel/core/machine/Machine"
import type { ProgramFile } from "@rappel/core/program/Program"
import { sourcesOf } from "./generate/program.ts"
import type { Observed } from "./Observed.ts"
import { Random } from "./Random.ts"
import { type Load, runCaughtUp, runMachine, runRestored } from "./runMachine.ts"
import { runPlain, Unusable } from "./runPlain.ts"
import type { Sabotage } from "./sabotage.ts"
import type { Tree } from "./Tree.ts"

export interface Verdict {
  /** `equal`, or what differs; `unusable` when Node itself makes nothing of the program. */
  readonly kind:
    | "equal"
    | "unusable"
    | "rejected"
    | "logs"
    | "calls"
    | "outcome"
    | "stack"
    | "restored"
    | "caught up"
    | "machine"
  readonly detail: string
  readonly awaits: number
}

const FILE = "/project/src/case.ts"

const compile = (source: string): ProgramFile | string => {
  const { findings, workflows } = compileFile({
    file: FILE,
    projectRoot: "/project",
    exports: ["main"],
    strict: true,
    readFile: (path) => path === FILE ? source : undefined
  })
  const program = workflows[0]?.program
  const errors = [...findings, ...workflows[0]?.findings ?? []]
    .filter(({ severity }) => severity === "error")
  return program === undefined || errors.length > 0
    ? errors.map(render).join("\n")
    : program
}

export const examine = async (
  tree: Tree,
  seed: number,
  sabotage?: Sabotage
): Promise<Verdict> => {
  const { javascript, typescript } = sourcesOf(tree)
  let plain: Observed
  try {
    plain = await runPlain(javascript, seed)
  } catch (error) {
    if (error instanceof Unusable) {
      return { kind: "unusable", detail: String(error), awaits: 0 }
    }
    throw error
  }
  const { awaits } = plain
  const compiled = compile(typescript)
  if (typeof compiled === "string") return { kind: "rejected", detail: compiled, awaits }
  try {
    const file = sabotage?.program?.(compiled) ?? compiled
    const broken = sabotage?.machine ?? ((machine) => machine)
    const loads: Load = (file) => broken(load(file))
    const random = new Random(seed ^ 0x51ed270b)
    const run = runMachine(loads, file, seed, random)
    const found = differs(plain, run.observed)
    if (found !== undefined) return { ...found, awaits }
    const restored = runRestored(loads, file, run, random)
    if (restored !== undefined) return { kind: "restored", detail: restored, awaits }
    const caughtUp = runCaughtUp(loads, file, run, random)
    if (caughtUp !== undefined) return { kind: "caught up", detail: caughtUp, awaits }
    return { kind: "equal", detail: "", awaits }
  } catch (error) {
    return {
      kind: "machine",
      detail: error instanceof Error ? error.stack ?? "" : String(error),
      awaits
    }
  }
}

const differs = (plain: Observed, machine: Observed) => {
  for (const kind of ["calls", "logs"] as const) {
    const detail = listDifference(plain[kind], machine[kind])
    if (detail !== undefined) return { kind, detail }
  }
  for (const kind of ["outcome", "stack"] as const) {
    if (plain[kind] !== machine[kind]) {
      return { kind, detail: `Node:\n${plain[kind]}\nmachine:\n${machine[kind]}` }
    }
  }
  return undefined
}

const listDifference = (
  plain: ReadonlyArray<string>,
  machine: ReadonlyArray<string>
): string | undefined => {
  const at = plain.findIndex((line, at) => line !== machine[at])
  if (at < 0 && plain.length === machine.length) return undefined
  const place = at < 0 ? plain.length : at
  return `entry ${place}\nNode:    ${plain[place] ?? "nothing"}\nmachine: ${
    machine[place] ?? "nothing"
  }`
}
