/**
 * `npm run chaos`: runs the system under faults, then audits what came out.
 *
 * Exit codes: 0 every promise held and every kind of fault that was dealt hit something,
 * 1 a promise broke, 2 wrong usage, 3 the audit itself could not be made.
 */
import { writeFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import * as Books from "./audit/Books.ts"
import { check } from "./audit/checks.ts"
import * as oracle from "./audit/oracle.ts"
import * as recovery from "./audit/recovery.ts"
import { describe } from "./audit/standstill.ts"
import * as Faults from "./Faults.ts"
import { type Execution, readClient, readExecutions, type StartLine } from "./Ledger.ts"
import { BadOption, HELP, type Options, parse } from "./Options.ts"
import * as Report from "./Report.ts"
import * as Schedules from "./Schedules.ts"
import { make, type System, until } from "./System.ts"

/** A dozen processes start at once, on a machine that may have other work. */
const START_MILLIS = 180_000

let stopped = false

const note = (text: string) => process.stderr.write(`${text}\n`)

const audit = async (system: System, options: Options): Promise<Report.Report> => {
  const startedAt = Date.now()
  const say = (text: string) =>
    note(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${text}`)
  const startsOf = (): ReadonlyArray<StartLine> =>
    system.clientLedgers.flatMap((file) => [...readClient(file).starts.values()])

  say(`${options.dispatchers} dispatchers × ${options.workers} workers, ${options.clients} clients`)
  const isUp = () => system.dispatchers.every((one) => system.workersOf(one).length > 0)
  if (!await until(() => stopped || isUp(), START_MILLIS)) throw new Error("no dispatcher came up")
  const isLoaded = () => startsOf().filter(({ ended }) => ended).length >= options.instances
  if (!await until(() => stopped || isLoaded(), START_MILLIS)) {
    throw new Error("no client got through")
  }
  const firsts = await Schedules.begin(system.cluster.url)
  const began = Date.now()
  const faults = await Faults.deal(
    system,
    options,
    began + options.seconds * 1000,
    () => stopped,
    say
  )
  if (stopped) throw new Error("it was interrupted")
  const seconds = (Date.now() - began) / 1000
  say("no more faults: clients end what they have begun")
  const schedules = await Schedules.end(system.cluster.url, firsts)
  const drainMillis = options.drainSeconds * 1000
  const areRunsOver = async () => stopped || await Schedules.areOver(system.cluster.url)
  const isDrained = await Promise.race([
    Promise.all([
      until(areRunsOver, drainMillis),
      system.finishClients()
    ]).then(() => true),
    until(() => stopped, drainMillis).then(() => false)
  ])
  const drainedAt = Date.now()
  if (!isDrained) { for (const line of await describe(system.cluster.url)) note(line) }
  for (const client of system.clients) client.signal("SIGKILL")
  // Background work of instances that have their result may still close.
  await pause(500)
  say("dispatchers hand over")
  await Promise.all(system.dispatchers.map((dispatcher) => dispatcher.stop()))

  const books = await Books.read(system.cluster.url)
  const executions = byInstance(readExecutions(system.ledger))
  say(`audit of ${books.instances.size} instances`)
  const verdict = await check({
    books,
    executions,
    starts: startsOf(),
    schedules,
    project: system.project,
    oracle: oracle.make()
  })
  const clients = system.clientLedgers.map(readClient)
  const hits = recovery.hitsOf(faults, books, executions)
  if (options.keep) {
    writeFileSync(`${system.home}/faults.json`, JSON.stringify(faults))
    writeFileSync(
      `${system.home}/standstills.jsonl`,
      recovery.longest(faults, hits, books, executions)
    )
  }
  return {
    options,
    seconds,
    drainSeconds: (drainedAt - began) / 1000 - seconds,
    verdict,
    recoveries: recovery.summarise(faults, hits),
    exits: [...system.dispatchers, ...system.clients].flatMap(({ exits }) => exits),
    clientFailures: clients.flatMap(({ failures }) => failures),
    acknowledged: startsOf().filter(({ id }) => id !== null).length
  }
}

const byInstance = (
  all: ReadonlyArray<Execution>
): ReadonlyMap<string, ReadonlyArray<Execution>> => {
  const found = new Map<string, Array<Execution>>()
  for (const execution of all) {
    const of = found.get(execution.instanceId)
    if (of === undefined) found.set(execution.instanceId, [execution])
    else of.push(execution)
  }
  return found
}

const main = async (): Promise<number> => {
  const options = parse(process.argv.slice(2), Date.now() % 1_000_000)
  if (options === undefined) {
    note(HELP)
    return 0
  }
  note(`npm run chaos -- --seconds ${options.seconds} --seed ${options.seed}`)
  const system = await make(options)
  try {
    const report = await audit(system, options)
    process.stdout.write(options.json ? Report.json(report) : Report.text(report))
    return Report.isSound(report) ? 0 : 1
  } finally {
    await system.end(options.keep)
    if (options.keep) note(`ledgers and logs: ${system.home}`)
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopped = true
  })
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    note(
      error instanceof BadOption ? `${error.message}\n\n${HELP}` : String((error as Error).stack)
    )
    process.exit(error instanceof BadOption ? 2 : 3)
  }
)
