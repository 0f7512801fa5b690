/**
 * Where the processes of a project meet: one Unix socket per project and account.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { chmodSync, lstatSync, mkdirSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

/** A longer path cannot be the address of a Unix socket (`sun_path` on Linux). */
const MAX_SOCKET_PATH = 103

/**
 * The socket of a project, in a folder that no other account can enter.
 *
 * **Errors** Throws when that folder belongs to somebody else.
 */
export const socketOf = (projectRoot: string): string => {
  const { uid, username } = userInfo()
  const name = `${createHash("sha256").update(projectRoot).digest("hex").slice(0, 16)}.sock`
  const account = uid >= 0 ? String(uid) : username
  const inTemporary = join(tmpdir(), `rappel-${account}`)
  const folder = join(inTemporary, name).length <= MAX_SOCKET_PATH
    ? inTemporary
    : `/tmp/rappel-${account}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new Error(
      `${folder} belongs to another account, so rappel's processes cannot meet there; remove it, ` +
        "or set TMPDIR to a folder of your own"
    )
  }
  // A folder that was made with another umask is closed again.
  chmodSync(folder, 0o700)
  return join(folder, name)
}
