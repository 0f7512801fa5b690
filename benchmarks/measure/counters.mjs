/** What processes of this host have used, from `/proc`, and what the server has counted. */
import { readdirSync, readFileSync } from "node:fs"

/** Jiffies of Linux's interface are 10 ms on every machine. */
const MILLIS_PER_TICK = 10

const read = (path) => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** The fields of `/proc/<pid>/stat` after the name, which may hold spaces (proc(5)). */
const statOf = (pid) => {
  const stat = read(`/proc/${pid}/stat`)
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

const sum = (fields, from, to) =>
  fields.slice(from, to).reduce((total, field) => total + Number(field), 0) * MILLIS_PER_TICK

const processes = () => {
  const found = new Map()
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue
    const fields = statOf(entry)
    if (fields !== undefined) found.set(Number(entry), { parent: Number(fields[1]), fields })
  }
  return found
}

/** User and system time of a process, those below it, and those that they have buried. */
export const treeCpuMillis = (root) => {
  const all = processes()
  let total = 0
  for (const [pid, { fields }] of all) {
    for (let at = pid; at !== undefined && at > 1; at = all.get(at)?.parent) {
      if (at !== root) continue
      total += sum(fields, 11, 15)
      break
    }
  }
  return total
}

/** The most memory that one process of the tree ever held, in MiB. */
export const treePeakRssMib = (root) => {
  const all = processes()
  let peak = 0
  for (const pid of all.keys()) {
    for (let at = pid; at !== undefined && at > 1; at = all.get(at)?.parent) {
      if (at !== root) continue
      const kib = Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
      peak = Math.max(peak, kib / 1024)
      break
    }
  }
  return peak
}

/** What all processes of this host have used; guests' time and waiting are left out. */
export const hostCpuMillis = () => {
  const fields = /^cpu +(.*)$/m.exec(read("/proc/stat"))?.[1]?.split(" ") ?? []
  // user nice system (idle iowait) irq softirq steal
  return sum(fields, 0, 3) + sum(fields, 5, 7)
}

/** The postmaster of a backend, if it is a process of this host. */
export const postmasterOf = (backend) => {
  const isPostgres = (pid) => read(`/proc/${pid}/comm`).startsWith("postgres")
  const parent = isPostgres(backend) ? Number(statOf(backend)?.[1]) : 0
  return parent > 1 && isPostgres(parent) ? parent : undefined
}

/** All that a run is measured by, now. */
export const counters = async (server, root, database) => {
  const { rows: [row] } = await server.query(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal,
       (select (xact_commit + xact_rollback)::float8 from pg_stat_database where datname = $1)
         as transactions`,
    [database]
  )
  return {
    wal: row.wal,
    transactions: row.transactions,
    node: treeCpuMillis(root),
    postgres: server.postmaster === undefined ? undefined : treeCpuMillis(server.postmaster),
    host: hostCpuMillis()
  }
}
