/**
 * Folders outside the project, for what the server's account cannot reach inside it.
 */
import { createHash } from "node:crypto"
import { chownSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { type Account, canReach } from "./account.ts"

/** Socket paths end here (107 bytes on Linux, 103 on macOS), file name included. */
const SOCKET_PATH_BYTES = 103
const SOCKET_NAME = "/.s.PGSQL.5432"

/** Where a folder that outlives this process may lie, best first. */
export const cacheFolders = (account: Account): ReadonlyArray<string> =>
  [...(account === null ? homeCache() : ["/var/cache"]), tmpdir(), "/tmp"].filter((folder) => {
    try {
      mkdirSync(folder, { recursive: true })
      return canReach(account, folder)
    } catch {
      return false
    }
  })

/** An account without an entry in the table of accounts has no home. */
const homeCache = (): ReadonlyArray<string> => {
  try {
    return [join(homedir(), ".cache")]
  } catch {
    return []
  }
}

/** A short name that stands for a path. */
export const nameOf = (path: string): string =>
  createHash("sha256").update(path).digest("hex").slice(0, 12)

/** Makes `folder` for `owner` alone; false when it exists. */
export const makeFolder = (folder: string, owner: Account, mode = 0o700): boolean => {
  try {
    mkdirSync(folder, { mode })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false
    throw cause
  }
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  return true
}

/**
 * Makes `folder` unless it exists, and answers false when it is somebody else's: in a
 * folder that all can write to, a known name may have been taken before us.
 */
export const claimFolder = (folder: string, mode: number, owner: Account): boolean => {
  const uid = owner?.uid ?? process.getuid?.()
  makeFolder(folder, owner, mode)
  const found = lstatSync(folder)
  return found.isDirectory() && (uid === undefined || found.uid === uid)
}

/** A new folder of `account` alone, short enough to hold the server's socket. */
export const temporaryFolder = (account: Account): string => {
  const base =
    [tmpdir(), "/tmp"].find((folder) =>
      Buffer.byteLength(`${folder}/rappel-XXXXXX${SOCKET_NAME}`) <= SOCKET_PATH_BYTES &&
      canReach(account, folder)
    ) ?? "/tmp"
  const folder = mkdtempSync(join(base, "rappel-"))
  if (account !== null) chownSync(folder, account.uid, account.gid)
  return folder
}
