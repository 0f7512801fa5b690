/**
 * Names this process for others on its host, so that they see at once when it has ended and
 * need not wait for its lease.
 *
 * A number of a process means something only under one boot of one kernel and within one
 * namespace of numbers, and comes back; so a place is all of these and the moment of the
 * start. Whatever cannot be read for certain counts as alive: the lease decides then, as it
 * does between hosts and on systems without `/proc`.
 *
 * @since 0.1.0
 */
import { readFileSync, readlinkSync } from "node:fs"

/** The kernel, and the namespaces of numbers and of times that this process sees. */
const world = (): string => {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
  return [boot, readlinkSync("/proc/self/ns/pid"), readlinkSync("/proc/self/ns/time")]
    .map((part) => part.replaceAll(/[^\w-]/g, ""))
    .join("/")
}

const here = ((): string | undefined => {
  try {
    return world()
  } catch {
    return undefined
  }
})()

/** State and moment of the start (proc(5), fields 3 and 22); undefined when it cannot be read. */
const statOf = (pid: number) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0]!, startedAt: fields[19]! }
  } catch {
    return undefined
  }
}

/**
 * The place of this process; "" where it cannot be told.
 *
 * @since 0.1.0
 * @category constructors
 */
export const own = (): string => {
  const stat = statOf(process.pid)
  return here === undefined || stat === undefined
    ? ""
    : `${here}/${process.pid}/${stat.startedAt}`
}

/** Whether there is no process of this number; another account's is there all the same. */
const isAbsent = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH"
  }
}

/**
 * Whether the process of a place was one of this host and has ended, for certain.
 *
 * @since 0.1.0
 * @category running
 */
export const hasEnded = (place: string): boolean => {
  const end = place.lastIndexOf("/", place.lastIndexOf("/") - 1)
  if (here === undefined || place.slice(0, end) !== here) return false
  const [pid, startedAt] = place.slice(end + 1).split("/")
  if (isAbsent(Number(pid))) return true
  const stat = statOf(Number(pid))
  // A zombie has ended; another moment of start is a later process of the same number.
  return stat !== undefined && (stat.state === "Z" || stat.startedAt !== startedAt)
}
