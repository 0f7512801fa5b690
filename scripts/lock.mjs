/**
 * A lock between processes: a file that names who holds it.
 *
 * It is held as long as its holder, or the child that works for the holder, is alive and
 * touches the file; both are looked at, because an id of a process means nothing on another
 * host that shares the folder, and is given out again on this one.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { hostname } from "node:os"
import { dirname } from "node:path"
import process from "node:process"
import { setTimeout as pause } from "node:timers/promises"

const TOUCH_EVERY_MILLIS = 1000
/** A holder that missed this many touches is gone, or its machine is. */
const SILENT_AFTER_MILLIS = 20_000
const LOOK_EVERY_MILLIS = 100

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

const look = (path) => {
  try {
    return { text: readFileSync(path, "utf8"), silentMillis: Date.now() - statSync(path).mtimeMs }
  } catch (error) {
    if (error.code === "ENOENT") return undefined
    throw error
  }
}

const isHeld = ({ silentMillis, text }) => {
  if (silentMillis > SILENT_AFTER_MILLIS) return false
  try {
    const { host, pids } = JSON.parse(text)
    return host !== hostname() || pids.some(isAlive)
  } catch {
    // The holder is between creating and writing its file.
    return true
  }
}

const create = (path, text) => {
  try {
    writeFileSync(path, text, { flag: "wx" })
    return true
  } catch (error) {
    if (error.code === "EEXIST") return false
    throw error
  }
}

/** Removes the lock that was seen, and no other: two waiters may see the same dead holder. */
const takeAway = (path, seen) => {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === "ENOENT") return
    throw error
  }
  try {
    // Another waiter was quicker and this is its lock: it gets it back.
    if (readFileSync(aside, "utf8") !== seen.text) linkSync(aside, path)
  } finally {
    rmSync(aside, { force: true })
  }
}

const holderOf = (text) => {
  try {
    const { host, pids } = JSON.parse(text)
    return host === hostname() ? `process ${pids[0]}` : `process ${pids[0]} on ${host}`
  } catch {
    return "another process"
  }
}

/**
 * Runs `work` while no other process runs it under the same path.
 *
 * `work` gets a function that names the child that works for it: when this process is
 * killed, the lock stays with the child until that has ended.
 */
export const withLock = async (path, say, work) => {
  const token = randomUUID()
  const textOf = (...pids) => JSON.stringify({ pids, host: hostname(), token })
  mkdirSync(dirname(path), { recursive: true })

  let toldAbout
  while (!create(path, textOf(process.pid))) {
    const seen = look(path)
    if (seen === undefined) {
      // Its holder has just ended; or the folder is gone, which must not spin.
      await pause(LOOK_EVERY_MILLIS)
      continue
    }
    if (!isHeld(seen)) {
      say(`taking over from ${holderOf(seen.text)}, which ended in the middle`)
      takeAway(path, seen)
      continue
    }
    const holder = holderOf(seen.text)
    if (seen.text !== "" && toldAbout !== holder) {
      say(`${holder} is already installing; waiting for it …`)
      toldAbout = holder
    }
    await pause(LOOK_EVERY_MILLIS)
  }

  const touching = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(path, now, now)
    } catch {
      // The folder is being deleted around us; `work` will tell.
    }
  }, TOUCH_EVERY_MILLIS)
  try {
    return await work((child) => writeFileSync(path, textOf(process.pid, child)))
  } finally {
    clearInterval(touching)
    const mine = look(path)
    if (mine?.text.includes(token)) rmSync(path, { force: true })
  }
}
