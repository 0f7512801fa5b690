/**
 * The options of `npm run chaos`.
 */
import { parseArgs } from "node:util"

export const SABOTAGES = [
  "no-fence",
  "commit-after-send",
  "double-outcome",
  "double-child",
  "double-tick"
] as const
export type Sabotage = typeof SABOTAGES[number]

export interface Options {
  /** How long faults are dealt; starting, draining and auditing come on top. */
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
  /** What is broken on purpose. */
  readonly sabotages: ReadonlyArray<Sabotage>
  readonly dispatchers: number
  /** Per dispatcher. */
  readonly workers: number
  /** Worker processes that each dispatcher keeps ready beside them. */
  readonly spares: number
  /** Calls at the same time per worker. */
  readonly concurrency: number
  readonly clients: number
  /** Instances at the same time per client. */
  readonly instances: number
  /** Mean time between two faults. */
  readonly gapMillis: number
  /** A fault comes when the one before it is over and everybody is up again, and the gap after that. */
  readonly apart: boolean
  /** What instances in flight get to end, once no fault is dealt any more. */
  readonly drainSeconds: number
  /** Kinds of faults that are dealt; all when empty. */
  readonly only: ReadonlyArray<string>
  /** Major version; 17 unless given. */
  readonly postgres: number | undefined
  /** Keeps the folder with ledgers and logs. */
  readonly keep: boolean
}

export const HELP = `usage: npm run chaos -- [options]

Runs dispatchers, workers and clients on a Postgres of its own, kills and cuts what they
need, and audits what came out. Ends with 0 when every promise held, with 1 when one broke.

  --seconds N      how long faults are dealt (60)
  --seed N         which faults (a number of the clock)
  --json           one JSON document on stdout
  --sabotage S,S   breaks the protocol on purpose, so that the audit must fail:
                   ${SABOTAGES.join(", ")}
  --dispatchers N  (3)      --workers N    per dispatcher (2)
  --spares N       worker processes kept ready beside them (1)
  --concurrency N  calls per worker (10)
  --clients N      (2)      --instances N  in flight per client (120)
  --gap N          mean milliseconds between two faults (2600)
  --apart          one fault at a time: the gap begins when it is over and everybody is up again
  --drain N        seconds that instances get to end in the end (120)
  --only K,K       deals only faults of these kinds
  --postgres N     15 or 17 (17)
  --keep           leaves ledgers, logs and the longest standstills behind, and says where`

export class BadOption extends Error {}

export const parse = (args: ReadonlyArray<string>, seed: number): Options | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
      sabotage: { type: "string" },
      dispatchers: { type: "string" },
      workers: { type: "string" },
      spares: { type: "string" },
      concurrency: { type: "string" },
      clients: { type: "string" },
      instances: { type: "string" },
      gap: { type: "string" },
      apart: { type: "boolean", default: false },
      drain: { type: "string" },
      only: { type: "string" },
      postgres: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false }
    }
  })
  if (values.help) return undefined
  const number = (name: string, text: string | undefined, otherwise: number): number => {
    if (text === undefined) return otherwise
    if (!/^\d+$/.test(text)) throw new BadOption(`--${name} takes a whole number, not "${text}"`)
    return Number(text)
  }
  const sabotages = values.sabotage?.split(",") ?? []
  if (!sabotages.every((one): one is Sabotage => SABOTAGES.includes(one as Sabotage))) {
    throw new BadOption(`--sabotage takes ${SABOTAGES.join(", ")}, or several with commas`)
  }
  return {
    seconds: number("seconds", values.seconds, 60),
    seed: number("seed", values.seed, seed),
    json: values.json,
    sabotages,
    dispatchers: number("dispatchers", values.dispatchers, 3),
    workers: number("workers", values.workers, 2),
    spares: number("spares", values.spares, 1),
    concurrency: number("concurrency", values.concurrency, 10),
    clients: number("clients", values.clients, 2),
    instances: number("instances", values.instances, 120),
    gapMillis: number("gap", values.gap, 2600),
    apart: values.apart,
    drainSeconds: number("drain", values.drain, 120),
    only: values.only === undefined ? [] : values.only.split(","),
    postgres: number("postgres", values.postgres, 17),
    keep: values.keep
  }
}
