#!/usr/bin/env node
/**
 * The `rappel` command. Help is a text of its own, as loading the parser takes half a second.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const [first, ...rest] = process.argv.slice(2)

if (first === undefined || first === "--help" || first === "-h") {
  const { help } = await import("./help.mjs")
  console.log(help)
} else if (first === "--version") {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  console.log(JSON.parse(manifest).version)
} else {
  const worker = dirname(createRequire(import.meta.url).resolve("@rappel/worker/package.json"))
  const bin = (name) => import(pathToFileURL(join(worker, "bin", name)).href)
  const { entry, fromSources } = await bin("place.mjs")
  if (fromSources) await bin("start.mjs")
  else if (rest.includes("--inline") || first === "deploy-check") {
    // The user's TypeScript needs hooks, and what is loaded before them loads faster.
    await import(entry("cli", "main"))
    await import(entry("cli", `commands/${first === "deploy-check" ? "deployCheck" : "run"}`))
    await bin("start.mjs")
  }
  await import(entry("cli", "bin"))
}
