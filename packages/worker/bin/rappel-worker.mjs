#!/usr/bin/env node
/**
 * A process that executes actions. Pools start it, with sockets on fd 3 and 4.
 */
import { readFileSync } from "node:fs"
import { watchParent } from "./watchdog.mjs"

const [option] = process.argv.slice(2)

if (option === "--attached") {
  watchParent()
  const { fromSources, held } = await import("./place.mjs")
  // The user's modules need hooks; our own load faster without.
  const prepare = () => import("./start.mjs")
  if (fromSources) await prepare()
  const { run } = await (await held("worker", "worker"))("worker", "main")
  run(prepare)
} else if (option === "--version") {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  console.log(manifest.version)
} else {
  const isHelp = option === "--help" || option === "-h"
  const write = isHelp ? console.log : console.error
  write(
    "rappel-worker executes the actions of workflows. It is started by a dispatcher and is of no\n" +
      "use alone: run `rappel start-workers`, which starts one per CPU and takes their number from\n" +
      "RAPPEL_WORKER_COUNT.\n\n" +
      "Options: --help, --version"
  )
  process.exitCode = isHelp ? 0 : 2
}
