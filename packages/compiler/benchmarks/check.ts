/**
 * How long `rappel check` takes over 44 files with three workflows each: the command in a
 * process of its own, the compiler alone when it is cold and warm, and after the change of one file.
 *
 * Run: `node --conditions=@rappel/source --import tsx packages/compiler/benchmarks/check.ts`
 */
import { makeChecker } from "@rappel/compiler"
import { spawnSync } from "node:child_process"
import { appendFileSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { changedFile, sharedFile, writeProject } from "./project.ts"

const RAPPEL = join(import.meta.dirname, "../../cli/bin/rappel.mjs")
const root = writeProject()
const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\d\.ts$/.test(name))
  .map((name) => join(root, "src", name))

const timed = <A>(run: () => A): readonly [A, number] => {
  const start = performance.now()
  const result = run()
  return [result, performance.now() - start]
}

const median = (all: ReadonlyArray<number>): number =>
  [...all].sort((a, b) => a - b)[all.length >> 1]!

const print = (name: string, millis: number): void =>
  console.log(`${name.padEnd(44)} ${millis.toFixed(0).padStart(6)} ms`)

const command = (): number => {
  const [{ status, stderr }, millis] = timed(() =>
    spawnSync(process.execPath, [RAPPEL, "check"], { cwd: root, encoding: "utf8" })
  )
  if (status !== 0) throw new Error(stderr)
  return millis
}

try {
  // The first one builds what is older than its source.
  command()
  print("rappel check, 44 files, 132 workflows", median([command(), command(), command()]))

  const checker = makeChecker({ projectRoot: root })
  const [first, cold] = timed(() => checker.check(files))
  const refused = first.flatMap(({ workflows }) => workflows).filter(({ program }) =>
    program === undefined
  )
  if (refused.length > 0) throw new Error(JSON.stringify(refused[0]!.findings[0]))
  print("the compiler alone, cold", cold)

  for (
    const [name, file] of [["one workflow file", changedFile], [
      "a module of all",
      sharedFile
    ]] as const
  ) {
    const times: Array<number> = []
    for (let i = 0; i < 9; i++) {
      appendFileSync(join(root, file), `export const added${i} = ${i}\n`)
      times.push(timed(() => checker.changed([join(root, file)]))[1])
    }
    print(`after a change of ${name}`, median(times))
  }
} finally {
  rmSync(root, { recursive: true })
}
