/**
 * Which account the server runs as, and what that account can reach.
 *
 * Postgres refuses to run as root, and the account that it runs as instead cannot
 * enter folders such as /root. Both are asked of the system, by running something
 * as that account, and not derived from mode bits (ACLs and mounts have a say too).
 */
import { spawnSync } from "node:child_process"
import { accessSync, constants, readFileSync, statSync } from "node:fs"

/** Null is the account of this process. */
export type Account = { readonly uid: number; readonly gid: number } | null

/** The account for a server: this process's own, or an unprivileged one for root. */
export const ofServer = (): Account => process.getuid?.() === 0 ? nobody() : null

/** For root, a cluster that is there already runs as whoever owns it. */
export const ofData = (dataDirectory: string): Account => {
  if (process.getuid?.() !== 0) return null
  const { gid, uid } = statSync(dataDirectory)
  return uid === 0 ? nobody() : { uid, gid }
}

/** The usual number of nobody where the table of accounts has no such line. */
const NOBODY = { uid: 65534, gid: 65534 }

const nobody = (): { readonly uid: number; readonly gid: number } => {
  try {
    const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"))
    return line === null ? NOBODY : { uid: Number(line[1]), gid: Number(line[2]) }
  } catch {
    return NOBODY
  }
}

/**
 * What every process of the server is started with: nothing of the caller's
 * environment (a PGPORT or a locale there would change the cluster), and a working
 * directory that any account can enter.
 */
export const spawnOptions = (account: Account) => ({
  cwd: "/",
  env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
  ...account
})

/** Whether `account` can read all of `paths`, and enter those that are folders. */
export const canReach = (account: Account, ...paths: ReadonlyArray<string>): boolean => {
  if (account === null) return paths.every(canReachMyself)
  const script =
    `for path; do test -r "$path" || exit 1; test ! -d "$path" || test -x "$path" || exit 1; done`
  const options = { ...spawnOptions(account), stdio: "ignore" } as const
  return spawnSync("/bin/sh", ["-c", script, "sh", ...paths], options).status === 0
}

const canReachMyself = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK | (statSync(path).isDirectory() ? constants.X_OK : 0))
    return true
  } catch {
    return false
  }
}
