/**
 * The resolve hook of `start.mjs`; it runs in Node's loader thread.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const SOURCE = "@rappel/source"
/** What a file outside every project may take from here. */
export const OURS = /^(@rappel\/|effect(\/|$)|@effect\/)/

/** What the process holds has this scheme: `rappel-held:effect/Effect`. */
const HELD = "rappel-held:"

let fromSources = false
let home = ""
let held
let heldUrl = ""

export const initialize = (data) => {
  fromSources = data.fromSources
  home = data.home
  heldUrl = data.heldUrl
  if (data.bundle === undefined) return
  held = JSON.parse(readFileSync(join(data.bundle, "bundle.json"), "utf8"))
  held.core = data.core
}

/** Whether a package is the one that the process holds: of its version, and ours in its place. */
const packageOf = new Map()
const isHeld = (name, folder) => {
  const known = packageOf.get(folder)
  if (known !== undefined) return known
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const same = version === held.versions[name] &&
    (name === "effect" || held.core === undefined || folder === held.core)
  packageOf.set(folder, same)
  return same
}

const MODULE = /^(file:.*\/(?:(effect)\/dist\/esm|core\/dist))\/(.+)\.js$/

/**
 * What is asked for from the outside of the bundle and stands in it too: the same, so that there
 * is one registry, one class of each error and one Effect, whoever imports it.
 */
const heldOf = (url) => {
  const match = held === undefined ? null : MODULE.exec(url)
  if (match === null) return undefined
  const [, base, effect, path] = match
  const name = effect ?? "core"
  const key = `${name}/${path}`
  if (held.exports[key] === undefined) return undefined
  const folder = fileURLToPath(base).replace(/\/dist(\/esm)?$/, "")
  return isHeld(name, folder) ? `${HELD}${key}` : undefined
}

/** Names that are words of the language can be exported, and only so. */
export const load = (url, context, next) => {
  if (!url.startsWith(HELD)) return next(url, context)
  const key = url.slice(HELD.length)
  const names = held.exports[key]
  const source = `import { moduleOf } from ${JSON.stringify(heldUrl)}\n` +
    `const module = moduleOf(${JSON.stringify(key)})\n` +
    names.map((name, i) => `const e${i} = module[${JSON.stringify(name)}]\n`).join("") +
    `export { ${names.map((name, i) => `e${i} as ${name}`).join(", ")} }\n`
  return { format: "module", source, shortCircuit: true }
}

export const resolve = async (specifier, context, next) => {
  if (specifier === heldUrl) return { url: heldUrl, format: "module", shortCircuit: true }
  const asked = fromSources && !context.conditions.includes(SOURCE)
    ? { ...context, conditions: [SOURCE, ...context.conditions] }
    : context
  try {
    return ours(await next(specifier, asked))
  } catch (error) {
    // A user's file outside every project: it gets the packages that run it.
    if (error?.code !== "ERR_MODULE_NOT_FOUND" || !OURS.test(specifier)) throw error
    return next(specifier, { ...asked, parentURL: home }).then(ours, () => {
      throw error
    })
  }
}

const ours = (resolved) => {
  const url = heldOf(resolved.url)
  return url === undefined ? asModule(resolved) : { url, format: "module", shortCircuit: true }
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
