/**
 * `npm run check`: everything that a change has to pass, what fails fastest first.
 *
 * Names of steps as arguments run only these: `npm run check -- lint types`. Stops at the
 * first step that fails.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import process from "node:process"
import { install } from "./install.mjs"
import { root, runNode } from "./runNode.mjs"
import { testEnvironment, VITEST } from "./vitest.mjs"

/** dprint keeps compiled plugins; its usual place is the home, which may not be there. */
const environment = {
  DPRINT_CACHE_DIR: join(root, "node_modules", ".cache", "dprint"),
  ...process.env
}

const TSC = "node_modules/typescript/bin/tsc"

const STEPS = {
  format: [["node_modules/dprint/bin.cjs", "check"]],
  lint: [["node_modules/oxlint/bin/oxlint"]],
  types: [[TSC, "-b"], [TSC, "-p", "tsconfig.tests.json"]],
  tests: [VITEST]
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(STEPS, name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no step ${unknown.join(", ")}; the steps are ${Object.keys(STEPS).join(", ")}.\n`
  )
  process.exit(2)
}

await install(root)
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`
for (const [name, commands] of Object.entries(STEPS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const startedAt = performance.now()
  for (const command of commands) {
    const code = await runNode(command, name === "tests" ? testEnvironment() : environment)
    if (code === 0) continue
    process.stderr.write(`\n✗ ${name} failed after ${seconds(startedAt)}\n`)
    process.exit(code)
  }
  process.stdout.write(`✓ ${name} (${seconds(startedAt)})\n`)
}
