/**
 * The resolve hook of `start.mjs`; it runs in Node's loader thread.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const SOURCE = "@rappel/source"
/** What a file outside every project may take from here. */
export const OURS = /^(@rappel\/|effect(\/|$)|@effect\/)/

let fromSources = false
let home = ""

export const initialize = (data) => {
  fromSources = data.fromSources
  home = data.home
}

export const resolve = async (specifier, context, next) => {
  const asked = fromSources && !context.conditions.includes(SOURCE)
    ? { ...context, conditions: [SOURCE, ...context.conditions] }
    : context
  try {
    return asModule(await next(specifier, asked))
  } catch (error) {
    // A user's file outside every project: it gets the packages that run it.
    if (error?.code !== "ERR_MODULE_NOT_FOUND" || !OURS.test(specifier)) throw error
    return next(specifier, { ...asked, parentURL: home }).catch(() => {
      throw error
    })
  }
}

/**
 * TypeScript in a project whose package.json names no `type` is a module when it is written
 * as one, as Node 22 does it. As CommonJS it would get a second copy of every package.
 */
const asModule = (resolved) => {
  if (resolved.format !== "commonjs" || !/^file:.*\.tsx?$/.test(resolved.url)) return resolved
  if (resolved.url.includes("/node_modules/")) return resolved
  const path = fileURLToPath(resolved.url)
  const isModule = !declaresType(dirname(path)) && MODULE_SYNTAX.test(readFileSync(path, "utf8"))
  return isModule ? { ...resolved, format: "module" } : resolved
}

const MODULE_SYNTAX = /^\s*(import\b(?!\s*\()|export\b(?!\s*=))/m

const declaresType = (folder) => {
  const manifest = join(folder, "package.json")
  if (existsSync(manifest)) {
    try {
      return JSON.parse(readFileSync(manifest, "utf8")).type !== undefined
    } catch {
      return true
    }
  }
  const parent = dirname(folder)
  return parent !== folder && declaresType(parent)
}
