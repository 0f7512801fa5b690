/**
 * `npm run chaos`: installs what is missing, then runs the audit of test/chaos.
 *
 * @since 0.1.0
 */
import process from "node:process"
import { install } from "./install.mjs"
import { root, runNode } from "./runNode.mjs"

await install(root)
process.exitCode = await runNode([
  "scripts/with-sources.mjs",
  "test/chaos/run.ts",
  ...process.argv.slice(2)
])
