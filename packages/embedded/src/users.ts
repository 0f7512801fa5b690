/**
 * Which processes use a project's server, so that the last one to go can stop it.
 *
 * One empty file per use, named by the process; files of processes that are gone do not
 * count. A pid that was given to another process keeps a server running that nobody
 * uses, which costs some memory and no more.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isAlive } from "./lock.ts"

let uses = 0

/** Notes a use by this process; answers the name to end it with. */
export const enter = (folder: string): string => {
  mkdirSync(folder, { recursive: true })
  const name = `${process.pid}-${++uses}`
  writeFileSync(join(folder, name), "")
  return name
}

/** Ends a use; answers whether it was the last. */
export const leave = (folder: string, name: string): boolean => {
  rmSync(join(folder, name), { force: true })
  const others = readdirSync(folder).filter((other) => {
    const living = isAlive(Number.parseInt(other))
    if (!living) rmSync(join(folder, other), { force: true })
    return living
  })
  return others.length === 0
}
