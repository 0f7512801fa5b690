/**
 * How the tests are started, by `npm test` and by `npm run check`.
 *
 * @since 0.1.0
 */
import process from "node:process"

export const VITEST = ["node_modules/vitest/vitest.mjs", "run"]

/** Tests run as tests, also for a caller who has NODE_ENV=production. */
export const testEnvironment = () => ({ ...process.env, NODE_ENV: "test" })
