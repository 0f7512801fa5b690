/**
 * Where a project's cluster lies: in the project, or where its account can reach it.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { type Account, canReach, ofData, ofServer } from "./account.ts"
import { EmbeddedError } from "./EmbeddedError.ts"
import { cacheFolders, claimFolder, nameOf } from "./folders.ts"

export interface Place {
  /** The cluster's files; absent until `initdb` has run. */
  readonly data: string
  /** Who runs `initdb` and the server. */
  readonly account: Account
}

/** The folder of the cluster, below `home` or where `home`'s pointer says. */
export const placeOf = (home: string): Place => {
  makeHome(home)
  const pointer = join(home, "postgres.json")
  if (existsSync(pointer)) {
    const { dataDirectory } = JSON.parse(readFileSync(pointer, "utf8"))
    if (existsSync(dataDirectory)) return { data: dataDirectory, account: ofData(dataDirectory) }
  }
  const data = join(home, "postgres")
  if (existsSync(data)) return { data, account: ofData(data) }

  const account = ofServer()
  if (canReach(account, home) && keepsModes(home)) return { data, account }
  const elsewhere = join(folderOutside(home, account), "postgres")
  writeFileSync(pointer, `${JSON.stringify({ dataDirectory: elsewhere }, null, 2)}\n`)
  return { data: elsewhere, account }
}

const makeHome = (home: string): void => {
  try {
    mkdirSync(home, { recursive: true })
    // Also where `dataDir` is no folder that a project's .gitignore names.
    const ignore = join(home, ".gitignore")
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n")
  } catch (cause) {
    throw new EmbeddedError({
      state: `The folder ${home} cannot be written to (${(cause as Error).message}).`,
      remedy: "Give this account the right to, or set DATABASE_URL to a Postgres of yours."
    })
  }
}

/** Some file systems (Windows drives under WSL) cannot close a folder, and Postgres insists. */
const keepsModes = (home: string): boolean => {
  const probe = mkdtempSync(join(home, "probe-"))
  const closed = (statSync(probe).mode & 0o077) === 0
  rmdirSync(probe)
  return closed
}

const folderOutside = (home: string, account: Account): string => {
  for (const cache of cacheFolders(account)) {
    const folder = join(cache, `rappel-${nameOf(home)}`)
    try {
      if (claimFolder(folder, 0o700, account)) return folder
    } catch {
      // No right to write here: the next folder may be open.
    }
  }
  throw new EmbeddedError({
    state:
      `The account that Postgres must run as cannot enter ${home}, and no cache folder could be made.`,
    remedy: "Move the project out of the closed folder, or set DATABASE_URL to a Postgres of yours."
  })
}
