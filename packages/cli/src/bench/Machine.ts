/**
 * What processes of this host have used, from `/proc`; nothing where there is none.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"

/** Jiffies of Linux's interface are 10 ms on every machine. */
const MILLIS_PER_TICK = 10

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** The fields of `/proc/<pid>/stat` after the name, which may hold spaces (proc(5)). */
const statOf = (pid: number): ReadonlyArray<string> | undefined => {
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")
}

const sum = (fields: ReadonlyArray<string>, from: number, to: number): number =>
  fields.slice(from, to).reduce((total, field) => total + Number(field), 0) * MILLIS_PER_TICK

/** User and system time of a process, in milliseconds; 0 when it is gone. */
export const cpuMillis = (pid: number): number => sum(statOf(pid) ?? [], 11, 13)

const memoryOf = (pid: number, field: RegExp): number =>
  Number(field.exec(read(`/proc/${pid}/status`) ?? "")?.[1] ?? 0) / 1024

/** The most memory that a process ever held, in MiB; 0 when it is gone. */
export const peakRssMib = (pid: number): number => memoryOf(pid, /VmHWM:\s+(\d+)/)

/** The memory that a process holds, in MiB; 0 when it is gone. */
export const rssMib = (pid: number): number => memoryOf(pid, /VmRSS:\s+(\d+)/)

/** The parent of a process. */
const parentOf = (pid: number): number | undefined => {
  const fields = statOf(pid)
  return fields === undefined ? undefined : Number(fields[1])
}

const isPostgres = (pid: number): boolean =>
  (read(`/proc/${pid}/comm`) ?? "").startsWith("postgres")

/** The postmaster of a backend, if it is a process of this host. */
export const postmasterOf = (backend: number): number | undefined => {
  const parent = isPostgres(backend) ? parentOf(backend) : undefined
  return parent !== undefined && isPostgres(parent) ? parent : undefined
}

/** All of a server: the postmaster, its children, and those that it has buried. */
export const serverCpuMillis = (postmaster: number): number => {
  let total = sum(statOf(postmaster) ?? [], 11, 15)
  for (const entry of readdirSync("/proc")) {
    if (/^\d+$/.test(entry) && parentOf(Number(entry)) === postmaster) {
      total += cpuMillis(Number(entry))
    }
  }
  return total
}

/** What all processes of this host have used; undefined where it cannot be told. */
export const hostCpuMillis = (): number | undefined => {
  const line = /^cpu +(.*)$/m.exec(read("/proc/stat") ?? "")?.[1]
  if (line === undefined) return undefined
  // user nice system (idle iowait) irq softirq steal
  const fields = line.split(" ")
  return sum(fields, 0, 3) + sum(fields, 5, 7)
}
