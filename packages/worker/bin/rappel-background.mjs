#!/usr/bin/env node
/**
 * Starts the background process of a project; its folder is the only argument. It loads
 * nothing of the user's: its workers do.
 */
import { fromSources, held } from "./place.mjs"

if (fromSources) await import("./start.mjs")
await (await held("worker", "background"))("worker", "background/bin")
