/**
 * The one way in which a test is left out, so that `npm test` can list what did not run and
 * why, and so that CI can tell a missing part from a test that belongs on another machine.
 *
 * @since 0.1.0
 */
import { test } from "vitest"
import { noteOf, type Skip } from "./Skip.ts"

/**
 * Stands for `tests` that can't run here; called where they would have been declared.
 *
 * ```ts no-run
 * if (process.getuid?.() === 0) rootTests()
 * else skipFor({ otherMachine: "only root may change its user" }, "an ordinary user")
 * ```
 */
export const skipFor = (skip: Skip, tests: string): void => {
  test(tests, (context) => context.skip(noteOf(skip)))
}
