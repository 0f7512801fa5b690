/**
 * `npm run simulate`: schedules of the simulation, as many as are asked for.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { parseArgs } from "node:util"
import { type Sabotage, SABOTAGES } from "./Sabotage.ts"
import { noCounts, simulate } from "./simulate.ts"

const HELP = `usage: npm run simulate -- [options]

Runs dispatchers over a queue in memory, under schedules and faults drawn from seeds, and checks
what durability promises. Ends with 1 at the first seed that breaks a promise, and names it;
\`--seed <that seed> --schedules 1\` replays it.

  --seed N       the first seed (1)
  --schedules N  how many seeds from there (10000)
  --seconds N    ends after so long, however many there are left
  --jobs N       processes (1)
  --json         one JSON document
  --sabotage S   breaks the protocol on purpose:
${Object.entries(SABOTAGES).map(([name, what]) => `    ${name.padEnd(18)} ${what}`).join("\n")}`

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    schedules: { type: "string", default: "10000" },
    seconds: { type: "string", default: "Infinity" },
    jobs: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    sabotage: { type: "string" },
    help: { type: "boolean", default: false },
    /** Of a process that does a part for another. */
    part: { type: "boolean", default: false }
  }
})

const write = (text: string) => process.stdout.write(`${text}\n`)
const sabotage = (Object.keys(SABOTAGES) as Array<Sabotage>).find((name) =>
  name === values.sabotage
)
if (values.help || (values.sabotage !== undefined && sabotage === undefined)) {
  write(HELP)
  process.exit(values.help ? 0 : 2)
}

interface Part {
  readonly schedules: number
  readonly cpuSeconds: number
  readonly broken: ReadonlyArray<{ readonly seed: number; readonly what: string }>
  readonly counts: ReturnType<typeof noCounts>
}

const PROGRESS_MILLIS = 30_000

const runPart = (from: number, count: number, endsAt: number): Part => {
  const counts = noCounts()
  let schedules = 0
  let saidAt = Date.now()
  const broken: Array<Part["broken"][number]> = []
  for (let seed = from; seed < from + count && broken.length === 0; seed++) {
    if (Date.now() > endsAt) break
    if (Date.now() > saidAt + PROGRESS_MILLIS) {
      saidAt = Date.now()
      process.stderr.write(`${schedules} of ${count} schedules from ${from}\n`)
    }
    const one = simulate(seed, sabotage)
    schedules++
    for (const key of Object.keys(counts) as Array<keyof typeof counts>) {
      counts[key] += one.counts[key]
    }
    if (one.broken !== undefined) broken.push({ seed, what: one.broken })
  }
  const { system, user } = process.cpuUsage()
  return { schedules, cpuSeconds: (system + user) / 1e6, broken, counts }
}

/** The same in a process of its own. */
const spawnPart = async (from: number, count: number): Promise<Part> => {
  const args = [process.argv[1]!, "--part", "--seed", String(from), "--schedules", String(count)]
  args.push("--seconds", values.seconds)
  if (sabotage !== undefined) args.push("--sabotage", sabotage)
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  let part: Part | undefined
  for await (const line of createInterface(child.stdout)) part = JSON.parse(line)
  if (child.exitCode === null) await once(child, "exit")
  if (part === undefined) throw new Error(`The process from seed ${from} ended without an answer.`)
  return part
}

const added = (parts: ReadonlyArray<Part>): Part => {
  const counts = noCounts()
  for (const part of parts) {
    for (const key of Object.keys(counts) as Array<keyof typeof counts>) {
      counts[key] += part.counts[key]
    }
  }
  return {
    schedules: parts.reduce((sum, part) => sum + part.schedules, 0),
    cpuSeconds: parts.reduce((sum, part) => sum + part.cpuSeconds, 0),
    broken: parts.flatMap(({ broken }) => broken),
    counts
  }
}

const seed = Number(values.seed)
const schedules = Number(values.schedules)
const jobs = Math.max(1, Number(values.jobs))
if (values.part) {
  write(JSON.stringify(runPart(seed, schedules, Date.now() + Number(values.seconds) * 1000)))
} else {
  const startedAt = Date.now()
  const share = Math.ceil(schedules / jobs)
  const parts = jobs === 1
    ? [runPart(seed, schedules, startedAt + Number(values.seconds) * 1000)]
    : await Promise.all(
      Array.from(
        { length: jobs },
        (_, job) => spawnPart(seed + job * share, Math.min(share, schedules - job * share))
      )
    )
  const { broken, counts, cpuSeconds, schedules: run } = added(parts)
  const report = {
    seed,
    schedules: run,
    sabotage: sabotage ?? null,
    broken,
    seconds: Math.round((Date.now() - startedAt) / 1000),
    cpuMillisPerSchedule: Math.round(cpuSeconds * 1e5 / Math.max(run, 1)) / 100,
    counts
  }
  if (values.json) write(JSON.stringify(report))
  else {
    write(`${run} schedules from seed ${seed}, ${report.cpuMillisPerSchedule} ms of CPU each`)
    write(Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", "))
    for (const one of broken) write(`✗ seed ${one.seed}: ${one.what}`)
    if (broken.length === 0) write("✓ no promise was broken")
  }
  process.exitCode = broken.length === 0 ? 0 : 1
}
