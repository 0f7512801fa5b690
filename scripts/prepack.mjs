/**
 * What a package needs before npm packs it: its built files, and for packages with processes the
 * bundle that these run from. npm runs it in the folder of the package.
 *
 * @since 0.1.0
 */
import { rmSync } from "node:fs"
import { basename, join } from "node:path"
import process from "node:process"
import { loadEsbuild } from "../packages/worker/bin/build.mjs"
import { bundle } from "../packages/worker/bin/bundle.mjs"
import { root, runNode } from "./runNode.mjs"

const code = await runNode(["node_modules/typescript/bin/tsc", "-b"])
if (code !== 0) process.exit(code)
const packages = join(root, "packages")
const name = basename(process.cwd())
if (name === "worker" || name === "cli") {
  rmSync(join(packages, name, "dist", "bundle", "release"), { recursive: true, force: true })
  await bundle(loadEsbuild(), packages, name, "release")
}
