/**
 * What an examination of a database may find.
 *
 * @since 0.1.0
 */

/**
 * `problem`: something does not move, or may be lost. `warning`: it works, and less safely or
 * well than it could.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly code: string
  readonly level: "problem" | "warning"
  /** One sentence with the figures. */
  readonly message: string
  /** What to do. */
  readonly remedy: string
  /** Instances, dispatchers or sessions that it is about: the first of them. */
  readonly examples: ReadonlyArray<string>
}

/**
 * What is so, good or bad.
 *
 * @since 0.1.0
 * @category models
 */
export interface Facts {
  readonly postgres: string
  readonly schema: number
  readonly dispatchers: ReadonlyArray<Dispatcher>
  readonly instances: {
    readonly due: number
    readonly waiting: number
    readonly running: number
    readonly aside: number
  }
  readonly connections: { readonly used: number; readonly most: number }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Dispatcher {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly beatMillisAgo: number
  readonly owned: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Examination {
  readonly findings: ReadonlyArray<Finding>
  readonly facts: Facts
}
