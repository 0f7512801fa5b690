/**
 * `npm run demo`: installs what is missing, then shows two workflows that survive the kill of
 * a worker and of the whole dispatcher.
 *
 * @since 0.1.0
 */
import process from "node:process"
import { install } from "./install.mjs"
import { root, runNode } from "./runNode.mjs"

await install(root)
process.exitCode = await runNode([
  "scripts/with-sources.mjs",
  "examples/demo/demo.ts",
  ...process.argv.slice(2)
])
