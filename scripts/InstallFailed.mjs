/**
 * The failure of everything that happens before an entry script can start.
 *
 * @since 0.1.0
 */

/** The exit code of everything that the machine, not the caller, has to answer for. */
const INFRASTRUCTURE = 3

/** An installation that can't be done; the message says why and what to do. */
export class InstallFailed extends Error {
  constructor(message, exitCode = INFRASTRUCTURE) {
    super(message)
    this.exitCode = exitCode
  }
}
