/**
 * `npm run fuzz -- --seed N --programs N [--jobs N] [--json] [--sabotage name|all]`: runs
 * generated programs in Node and in the machine and compares.
 *
 * Exit code 1 when programs differ, or when what was broken on purpose was not found.
 *
 * @since 0.1.0
 */
import { execFile } from "node:child_process"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { parseArgs, promisify } from "node:util"
import { Coverage, type CoverageData } from "./coverage.ts"
import { type Failure, fuzz, printFailure } from "./fuzz.ts"
import { sabotages } from "./sabotage.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    programs: { type: "string", default: "1000" },
    jobs: { type: "string", default: "1" },
    sabotage: { type: "string" },
    most: { type: "string", default: "5" },
    shrinks: { type: "string", default: "1500" },
    json: { type: "boolean", default: false }
  }
})

interface Answer {
  readonly coverage: CoverageData
  readonly failures: ReadonlyArray<Failure>
  readonly unusable: number
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const run = promisify(execFile)

/** The same command in a process of its own. */
const child = async (more: ReadonlyArray<string>): Promise<Answer> => {
  const own = [
    fileURLToPath(new URL("../../scripts/with-sources.mjs", import.meta.url)),
    import.meta.filename
  ]
  const args = [...own, "--json", "--most", values.most, ...more]
  try {
    const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 28 })
    return JSON.parse(stdout) as Answer
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string }
    if (stdout === undefined || stdout === "") throw error
    return JSON.parse(stdout) as Answer
  }
}

const seed = Number(values.seed)
const programs = Number(values.programs)
const jobs = Number(values.jobs)

const inJobs = async (): Promise<Answer> => {
  const size = Math.ceil(programs / jobs)
  const answers = await Promise.all(Array.from({ length: jobs }, (_, at) =>
    child([
      "--seed",
      String(seed + at * size),
      "--programs",
      String(Math.min(size, programs - at * size)),
      "--shrinks",
      values.shrinks
    ])))
  const coverage = new Coverage()
  for (const answer of answers) coverage.merge(answer.coverage)
  return {
    coverage: coverage.data,
    failures: answers.flatMap(({ failures }) => failures),
    unusable: answers.reduce((sum, { unusable }) => sum + unusable, 0)
  }
}

const here = async (): Promise<Answer> => {
  const sabotage = values.sabotage === undefined ? undefined : sabotages[values.sabotage]
  const { coverage, failures, unusable } = await fuzz({
    seed,
    programs,
    sabotage,
    most: Number(values.most),
    shrinks: Number(values.shrinks)
  })
  return { coverage: coverage.data, failures, unusable }
}

const compare = async (): Promise<void> => {
  const startedAt = performance.now()
  const answer = jobs > 1 ? await inJobs() : await here()
  if (values.json) say(JSON.stringify(answer))
  else {
    const coverage = new Coverage()
    coverage.merge(answer.coverage)
    const seconds = (performance.now() - startedAt) / 1000
    say(coverage.print())
    say(
      `seeds ${seed} to ${seed + coverage.programs - 1}: ${answer.failures.length} differ, ` +
        `${answer.unusable} unusable; ${(coverage.programs / seconds).toFixed(0)} programs a second`
    )
    for (const failure of answer.failures) say(`\n${printFailure(failure)}`)
  }
  if (answer.failures.length > 0) process.exitCode = 1
}

const isBroken = async (): Promise<void> => {
  const names = values.sabotage === "all" ? Object.keys(sabotages) : [values.sabotage!]
  for (const name of names) {
    const { says } = sabotages[name] ?? {}
    if (says === undefined) {
      say(`There is no sabotage ${name}; there are ${Object.keys(sabotages).join(", ")}`)
      process.exitCode = 2
      return
    }
    const { coverage, failures } = await child([
      "--seed",
      values.seed,
      "--programs",
      values.programs,
      "--sabotage",
      name,
      "--most",
      "1",
      "--shrinks",
      "300"
    ])
    const found = failures[0]
    say(
      `${name.padEnd(28)}${
        found === undefined
          ? `NOT found in ${coverage.programs} programs`
          : `found by program ${coverage.programs} (${found.kind})`
      }: ${says}`
    )
    if (found === undefined) process.exitCode = 1
  }
}

// A child has its sabotage's name, and says what it found.
await (values.sabotage === undefined || values.json ? compare() : isBroken())
