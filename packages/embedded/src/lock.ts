/**
 * One process at a time starts or stops a project's server.
 *
 * The lock keeps concurrent starters from doing the same work; it is not what keeps
 * the data safe (the server's own lock and the rename that ends `initdb` do), so a
 * lock whose holder is gone, or silent for too long, is simply taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** Longer than any start was seen to take: an `initdb` on a loaded machine took 12 seconds. */
const PATIENCE_MILLIS = 60_000

/** Between two looks at a lock that is held. */
const PAUSE_MILLIS = 20

export const withLock = async <A>(file: string, use: () => Promise<A>): Promise<A> => {
  const deadline = Date.now() + PATIENCE_MILLIS
  while (!take(file)) {
    const content = read(file)
    const holder = Number(content)
    // An empty file is one whose holder is about to write its pid.
    const gone = holder > 0 && !isAlive(holder)
    if (gone || Date.now() > deadline) remove(file, content)
    else await sleep(PAUSE_MILLIS)
  }
  try {
    return await use()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Whether a process with this id exists, whoever owns it. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

const take = (file: string): boolean => {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false
    throw cause
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

/**
 * Takes a stale lock away. Another process may have done the same and hold a new lock
 * by now: what was moved aside is looked at, and put back unless it is the stale one.
 */
const remove = (file: string, stale: string): void => {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    if (read(aside) !== stale) linkSync(aside, file)
  } catch {
    // It is gone, or taken again: the next round looks anew.
  } finally {
    rmSync(aside, { force: true })
  }
}
