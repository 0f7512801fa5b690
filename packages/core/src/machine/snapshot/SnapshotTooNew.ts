/**
 * A newer release wrote the state, in a form that this one does not know.
 *
 * It stands apart from what reads snapshots: a dispatcher matches it without loading the machine.
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotTooNew extends Error {
  override readonly name = "SnapshotTooNew"

  constructor(found: number, known: number) {
    super(`The state has format ${found}, and this release reads up to ${known}; update rappel`)
  }
}
