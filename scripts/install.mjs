/**
 * Installs what is missing before an entry script starts, so that `npm run demo` and
 * `npm test` work right after `git clone`.
 *
 * A `node_modules` that somebody else made from the same lockfile is taken as it is.
 * Everything else ends in one `npm ci`, under a lock.
 *
 * Only `node:` modules are loaded and git is never called: this runs when nothing is there.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import process from "node:process"
import { reasonToInstall, writeStamp } from "./installed.mjs"
import { InstallFailed } from "./InstallFailed.mjs"
import { withLock } from "./lock.mjs"
import { runNpmCi } from "./npmCi.mjs"

const OLDEST_NODE = [20, 20]

const say = (text) => process.stderr.write(`rappel: ${text}\n`)

const checkNode = () => {
  const [major, minor] = process.versions.node.split(".").map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new InstallFailed(
    `This is Node ${process.versions.node}; rappel needs ${OLDEST_NODE.join(".")} or newer. ` +
      "Install a newer Node (https://nodejs.org) and repeat the command."
  )
}

const installUnderLock = (root) =>
  withLock(join(root, ".rappel", "install.lock"), say, async (working) => {
    // Whoever held the lock before may have done the work.
    const reason = reasonToInstall(root)
    if (reason === undefined) return
    const startedAt = performance.now()
    say(`${reason}; running \`npm ci\`, which takes a minute or two on a fresh machine …`)
    await runNpmCi(root, say, working)
    writeStamp(root)
    const lacking = reasonToInstall(root)
    if (lacking !== undefined) {
      throw new InstallFailed(
        `\`npm ci\` ended well, but ${lacking}. Delete node_modules and repeat the command.`
      )
    }
    say(`installed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  })

/** What the file system refused, as a message with a remedy. */
const asInstallFailed = (root, error) =>
  new InstallFailed(
    `${root} can't be prepared: ${error.message}. The dependencies are not installed. Run the ` +
      "command as the owner of the folder, on a disk with room, and repeat it."
  )

/**
 * Makes `node_modules` of the project in `root` right, or prints npm's last lines and what to
 * do and ends the process with exit code 3.
 */
export const install = async (root) => {
  try {
    checkNode()
    if (reasonToInstall(root) !== undefined) await installUnderLock(root)
  } catch (error) {
    if (!(error instanceof InstallFailed) && error.code === undefined) throw error
    const failed = error instanceof InstallFailed ? error : asInstallFailed(root, error)
    process.stderr.write(`\nrappel: ${failed.message}\n`)
    process.exit(failed.exitCode)
  }
}
