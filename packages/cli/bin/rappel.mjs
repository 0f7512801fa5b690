#!/usr/bin/env node
/**
 * The `rappel` command. Help is a text of its own, as loading the parser takes half a second.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const [first, ...rest] = process.argv.slice(2)

/** Commands that are called often and need much; compiled code is kept for each. */
const KINDS = new Set(["run", "start-workers", "dev", "check", "build"])

if (first === undefined || first === "--help" || first === "-h") {
  const { help } = await import("./help.mjs")
  console.log(help)
} else if (first === "--version") {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  console.log(JSON.parse(manifest).version)
} else {
  const worker = dirname(createRequire(import.meta.url).resolve("@rappel/worker/package.json"))
  const bin = (name) => import(pathToFileURL(join(worker, "bin", name)).href)
  const { fromSources, held } = await bin("place.mjs")
  if (fromSources) await bin("start.mjs")
  const kind = KINDS.has(first) ? first : "other"
  const { spawnAhead } = await bin("spawn.mjs")
  const ahead = first === "start-workers" && !fromSources ? spawnAhead() : undefined
  const module = await held("cli", kind)
  if (ahead !== undefined) (await module("worker", "WorkerProcess")).startedAhead(ahead)
  if (!fromSources && (rest.includes("--inline") || first === "deploy-check")) {
    // The user's TypeScript needs hooks, and what is loaded before them loads faster.
    await module("cli", "main")
    await bin("start.mjs")
  }
  await module("cli", "bin")
}
