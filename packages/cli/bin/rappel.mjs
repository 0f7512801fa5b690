#!/usr/bin/env node
/**
 * The `rappel` command: starts the built code when it is current, and the sources otherwise.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const worker = dirname(createRequire(import.meta.url).resolve("@rappel/worker/package.json"))
const { entry } = await import(pathToFileURL(join(worker, "bin", "start.mjs")).href)

await import(entry("cli", "bin"))
