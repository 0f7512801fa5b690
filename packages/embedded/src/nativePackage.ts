/**
 * Makes the npm package's programs ready to run, where npm left them unready.
 *
 * Packages cannot hold symbolic links, so the libraries' short names are made by an
 * install script, which many installations block. And a package below a closed folder
 * (/root, a 0700 checkout) cannot be read by the account that a server of root runs as.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { type Account, canReach } from "./account.ts"
import { cacheFolders, claimFolder, nameOf } from "./folders.ts"

/** Makes the links that are missing; false when the package cannot be written to. */
export const linkLibraries = (native: string): boolean => {
  const list = join(native, "pg-symlinks.json")
  if (!existsSync(list)) return true
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = JSON.parse(
    readFileSync(list, "utf8")
  )
  try {
    for (const { source, target } of links) {
      const link = join(dirname(native), target)
      if (!existsSync(link)) makeLink(basename(source), link)
    }
    return true
  } catch {
    return false
  }
}

const makeLink = (to: string, link: string): void => {
  try {
    symlinkSync(to, link)
  } catch (cause) {
    // Another process makes the same links at this moment.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
  }
}

/**
 * A copy of the package that `account` can run, made once per version; null when there
 * is no folder for it.
 *
 * It belongs to this process's account and is closed to writes of all others, the
 * server's own account included.
 */
export const readableCopy = (native: string, account: Account): string | null => {
  const version: string = JSON.parse(readFileSync(join(native, "../package.json"), "utf8")).version
  for (const cache of cacheFolders(account)) {
    const folder = join(
      cache,
      `rappel-postgres-${version}-${nameOf(`${process.getuid?.()} ${native}`)}`
    )
    try {
      if (!existsSync(folder)) copyTo(folder, native)
      const copy = join(folder, "native")
      if (claimFolder(folder, 0o755, null) && canReach(account, join(copy, "bin/postgres"))) {
        return copy
      }
    } catch {
      // No room or no right here: the next folder may have both.
    }
  }
  return null
}

/** Complete or absent: the copy gets its name by a rename when all is there. */
const copyTo = (folder: string, native: string): void => {
  const building = mkdtempSync(`${folder}-`)
  try {
    const copy = join(building, "native")
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
    linkLibraries(copy)
    openToReaders(building)
    renameSync(building, folder)
  } catch (cause) {
    rmSync(building, { recursive: true, force: true })
    if (!existsSync(folder)) throw cause
  }
}

const openToReaders = (folder: string): void => {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToReaders(path)
    else if (entry.isFile()) chmodSync(path, 0o755)
  }
}
