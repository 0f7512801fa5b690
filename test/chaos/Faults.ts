/**
 * Deals faults for a while: which ones and against whom comes from the seed.
 *
 * A fault is aimed: it waits for a moment at which its target has calls in flight. Whether it
 * really hit something is found out afterwards, from the ledger.
 */
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"
import { openExecutions } from "./Ledger.ts"
import { BadOption, type Options } from "./Options.ts"
import * as Random from "./Random.ts"
import { type Kept, type System, until } from "./System.ts"

/** Faults by how often they are dealt. */
const WEIGHTS = {
  "worker-kill": 34,
  "dispatcher-kill": 18,
  "zombie": 8,
  "postgres-crash": 8,
  "terminate": 6,
  "delay": 4,
  "cut": 6,
  "half-open": 5,
  "partition": 3,
  "lost-answer": 8,
  "client-kill": 3,
  "deploy": 1
}

export type FaultKind = keyof typeof WEIGHTS
export const FAULT_KINDS = Object.keys(WEIGHTS) as ReadonlyArray<FaultKind>

/** Without a fence, zombies and hosts that were cut off are what does the harm. */
const WEIGHTS_WITHOUT_FENCE: typeof WEIGHTS = { ...WEIGHTS, zombie: 80, partition: 40 }

const weightsOf = ({ only, sabotages }: Options): Readonly<Partial<Record<FaultKind, number>>> => {
  const weights = sabotages.includes("no-fence") ? WEIGHTS_WITHOUT_FENCE : WEIGHTS
  if (only.length === 0) return weights
  const unknown = only.filter((kind) => !(kind in WEIGHTS))
  if (unknown.length > 0) throw new BadOption(`--only does not know ${unknown.join(", ")}`)
  return Object.fromEntries(only.map((kind) => [kind, weights[kind as FaultKind]]))
}

export interface Fault {
  readonly kind: FaultKind
  readonly at: number
  /** When what was broken worked again; `at` for what breaks at once. */
  restoredAt: number
  readonly target: string
  /** What narrows down whom it hit; everybody when both are null. */
  readonly dispatcher: number | null
  readonly worker: number | null
}

/** Longer than the lease of a dispatcher, by this at least. */
const LEASE_MILLIS = 5000

/** How long a zombie sleeps for want of an heir: the others may be stopped as well. */
const HEIR_MILLIS = 4 * LEASE_MILLIS

/** How long it takes until a connection that has fallen silent is given up, and some more. */
const SILENT_MILLIS = LEASE_MILLIS + 1000

/** How long everybody gets to be up again, and when they are looked at first. */
const UP_MILLIS = 30_000
const DOWN_MILLIS = 200

/** How long a target is awaited that has something in flight. */
const AIM_MILLIS = 2500

export const deal = async (
  system: System,
  options: Options,
  until_: number,
  isStopped: () => boolean,
  say: (text: string) => void
): Promise<ReadonlyArray<Fault>> => {
  const random = Random.make(options.seed)
  const weights = weightsOf(options) as Readonly<Record<FaultKind, number>>
  const faults: Array<Fault> = []
  const busy = new Set<unknown>()
  const running = new Set<Promise<void>>()
  const asleep = new Set<number>()

  const add = (
    kind: FaultKind,
    target: string,
    dispatcher: number | null = null,
    worker: number | null = null
  ): Fault => {
    const at = Date.now()
    const fault = { kind, at, restoredAt: at, target, dispatcher, worker }
    faults.push(fault)
    say(`${kind} of ${target}`)
    return fault
  }

  const free = () =>
    system.dispatchers.filter((one) =>
      !busy.has(one) && one.pid() !== undefined && system.workersOf(one).length > 0
    )

  /**
   * A dispatcher with a worker that has calls in flight, as soon as there is one. One that has
   * just been started has none for a while, so it is one of the others then.
   */
  const aim = async (): Promise<{ readonly target: Kept; readonly worker: number } | undefined> => {
    const lucks = new Map(system.dispatchers.map((one) => [one, random.next()]))
    const luck = random.next()
    let found: { readonly target: Kept; readonly worker: number } | undefined
    const look = (target: Kept) => {
      const workers = system.workersOf(target).filter((pid) =>
        openExecutions(system.ledger, pid) > 0
      )
      const worker = workers[Math.floor(luck * workers.length)]
      return worker === undefined ? undefined : { target, worker }
    }
    await until(() => {
      const targets = free().sort((a, b) => lucks.get(a)! - lucks.get(b)!)
      return targets.some((target) => (found = look(target)) !== undefined)
    }, AIM_MILLIS)
    return found
  }

  const isUp = () => free().length === system.dispatchers.length

  const holding = async (what: unknown, body: () => Promise<void>) => {
    busy.add(what)
    try {
      await body()
    } finally {
      busy.delete(what)
    }
  }

  const onDispatcher = async (
    kind: FaultKind,
    body: (target: Kept, pid: number) => Promise<void>
  ): Promise<void> => {
    const aimed = await aim()
    if (aimed === undefined) return
    const pid = aimed.target.pid()!
    const fault = add(kind, `${aimed.target.name} (${pid})`, pid)
    await holding(aimed.target, () => body(aimed.target, pid))
    fault.restoredAt = Date.now()
  }

  const deals: Readonly<Record<FaultKind, () => Promise<void>>> = {
    "worker-kill": async () => {
      const aimed = await aim()
      if (aimed === undefined) return
      add("worker-kill", `worker ${aimed.worker}`, aimed.target.pid()!, aimed.worker)
      process.kill(aimed.worker, "SIGKILL")
    },
    "dispatcher-kill": async () => {
      const aimed = await aim()
      if (aimed === undefined) return
      const pid = aimed.target.pid()!
      add("dispatcher-kill", `${aimed.target.name} (${pid})`, pid)
      aimed.target.signal("SIGKILL")
    },
    "zombie": async () => {
      // Without one that is awake there is no heir.
      if (asleep.size >= system.dispatchers.length - 1) return
      await onDispatcher("zombie", async (target, pid) => {
        asleep.add(pid)
        process.kill(pid, "SIGSTOP")
        await until(() => isDead(system.cluster.url, pid), HEIR_MILLIS)
        await pause(random.between(100, 3000))
        if (target.pid() === pid) process.kill(pid, "SIGCONT")
        asleep.delete(pid)
      })
    },
    "postgres-crash": async () => {
      if (busy.has(system.cluster)) return
      await holding(system.cluster, async () => {
        const fault = add("postgres-crash", "Postgres")
        await system.cluster.crash()
        await pause(random.below(1500))
        await system.cluster.start()
        fault.restoredAt = Date.now()
      })
    },
    "terminate": async () => {
      if (busy.has(system.cluster)) return
      const share = random.pick([0.3, 1])
      add("terminate", share === 1 ? "all backends" : "some backends")
      await query(
        system.cluster.url,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid() and random() < ${share}`
      )
    },
    "delay": () =>
      onDispatcher("delay", async ({ proxy }) => {
        proxy.delay(random.between(50, 600))
        await pause(random.between(1000, 4000))
        proxy.delay(0)
      }),
    "cut": () => onDispatcher("cut", async ({ proxy }) => void proxy.cut()),
    "half-open": () =>
      onDispatcher("half-open", async ({ proxy }) => {
        proxy.halfOpen()
        if (options.apart) await pause(SILENT_MILLIS)
      }),
    "partition": () =>
      onDispatcher("partition", async ({ proxy }) => {
        proxy.partition(true)
        await pause(LEASE_MILLIS + random.between(1500, 4000))
        proxy.partition(false)
      }),
    "lost-answer": async () => {
      const aimed = await aim()
      if (aimed === undefined) return
      const pid = aimed.target.pid()!
      if (await aimed.target.proxy.loseAnswer(AIM_MILLIS)) {
        add("lost-answer", `a commit of ${aimed.target.name}`, pid)
      }
    },
    "client-kill": async () => {
      const client = random.pick(system.clients)
      if (busy.has(client) || client.pid() === undefined) return
      add("client-kill", client.name)
      client.signal("SIGKILL")
    },
    "deploy": async () => {
      if (busy.has("deploy")) return
      await holding("deploy", async () => {
        const version = system.deploy()
        const fault = add("deploy", `version ${version}`)
        for (const dispatcher of system.dispatchers) {
          await until(() => !busy.has(dispatcher) && dispatcher.pid() !== undefined, 30_000)
          await holding(dispatcher, dispatcher.restart)
          await until(() => system.workersOf(dispatcher).length > 0, 15_000)
        }
        for (const client of system.clients) await holding(client, client.restart)
        fault.restoredAt = Date.now()
      })
    }
  }

  while (Date.now() < until_ && !isStopped()) {
    const kind = random.weighted(weights)
    const dealt: Promise<void> = deals[kind]().catch((error: unknown) => {
      say(`${kind} failed: ${String(error)}`)
    }).finally(() => running.delete(dealt))
    running.add(dealt)
    if (options.apart) {
      await dealt
      await pause(DOWN_MILLIS)
      await until(() => isStopped() || isUp(), UP_MILLIS)
    }
    const gap = options.gapMillis * (0.4 + 1.2 * random.next())
    await until(() => Date.now() >= until_ || isStopped(), gap)
  }
  await Promise.all(running)
  return faults
}

/** Whether others have taken over from the dispatcher of this process; false while nobody says. */
const isDead = async (url: string, pid: number): Promise<boolean> => {
  const alive = await query(
    url,
    `select from rappel.dispatcher where pid = ${pid} and died_at is null`
  ).catch(() => undefined)
  return alive?.rowCount === 0
}

const query = async (url: string, text: string): Promise<pg.QueryResult> => {
  const client = new pg.Client({ connectionString: url })
  client.on("error", () => {})
  try {
    await client.connect()
    return await client.query(text)
  } finally {
    await client.end().catch(() => {})
  }
}
