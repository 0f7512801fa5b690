/**
 * `npm test`: installs what is missing, then runs every test. Arguments go to vitest:
 * `npm test -- packages/core`.
 *
 * @since 0.1.0
 */
import process from "node:process"
import { install } from "./install.mjs"
import { root, runNode } from "./runNode.mjs"
import { testEnvironment, VITEST } from "./vitest.mjs"

await install(root)
process.exitCode = await runNode([...VITEST, ...process.argv.slice(2)], testEnvironment())
