#!/usr/bin/env node
/**
 * Starts the background process of a project; its folder is the only argument.
 */
import { entry } from "./start.mjs"

await import(entry("worker", "background/bin"))
