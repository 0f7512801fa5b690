/**
 * Runs a TypeScript file of the project: `node scripts/with-sources.mjs <file> [arguments]`.
 *
 * @since 0.1.0
 */
import { resolve } from "node:path"
import process from "node:process"
import { pathToFileURL } from "node:url"
import { install } from "./install.mjs"
import { root } from "./runNode.mjs"

const [file, ...rest] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write("usage: node scripts/with-sources.mjs <file> [arguments]\n")
  process.exit(2)
}

await install(root)
// Registers tsx and decides between rappel's sources and its `dist`; needs node_modules.
await import("../packages/worker/bin/start.mjs")
const path = resolve(file)
process.argv = [process.argv[0], path, ...rest]
await import(pathToFileURL(path).href)
