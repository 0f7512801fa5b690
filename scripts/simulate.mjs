/**
 * `npm run simulate`: bundles the simulation of packages/core/test/dispatcher/simulation, which
 * makes it twice as fast as running its sources, and runs it.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import process from "node:process"
import { install } from "./install.mjs"
import { root, runNode } from "./runNode.mjs"

await install(root)
const { build } = await import("esbuild")
// In node_modules, so that it finds the packages that are not part of it.
const outfile = join(root, "node_modules", ".cache", "rappel", "simulate.mjs")
await build({
  entryPoints: [join(root, "packages/core/test/dispatcher/simulation/main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@rappel/source"],
  external: ["typescript", "effect", "effect/*"],
  logLevel: "error"
})
process.exitCode = await runNode([outfile, ...process.argv.slice(2)])
