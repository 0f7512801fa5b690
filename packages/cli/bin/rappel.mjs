#!/usr/bin/env node
/**
 * The `rappel` command: starts the built code when it is current, and the sources otherwise.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const [first] = process.argv.slice(2)

if (first === undefined || first === "--help" || first === "-h") {
  const { help } = await import("./help.mjs")
  console.log(help)
} else if (first === "--version") {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  console.log(JSON.parse(manifest).version)
} else {
  // Loaded before the hooks of `start.mjs`, each of these modules takes a third of the time.
  await import("@effect/cli/Command")
  await import("@effect/platform-node/NodeContext")
  await import("@effect/platform-node/NodeRuntime")
  const worker = dirname(createRequire(import.meta.url).resolve("@rappel/worker/package.json"))
  const { entry } = await import(pathToFileURL(join(worker, "bin", "start.mjs")).href)
  await import(entry("cli", "bin"))
}
