/**
 * Runs the script that `bundle.mjs` made: the modules that this process holds.
 *
 * V8's compiled code is kept beside it, where that can be written; it is of one version of Node
 * and of one content. It is made by the first process of its kind, so that it has the
 * functions that such a process needs at its start.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Script } from "node:vm"

/** Below `dist`: a folder for each bundle. */
export const BUNDLE = "bundle"
export const SCRIPT = "rappel.js"
export const INFO = "bundle.json"

/** By then a process has started and what it does at first is compiled. */
const SETTLED_MILLIS = 5000

/** The bundle that this process runs from; undefined when it runs from single files. */
export let current

/** Flags change what V8 compiles. */
const flags = () =>
  createHash("sha256")
    .update(JSON.stringify([process.execArgv, process.env.NODE_OPTIONS]))
    .digest("hex").slice(0, 8)

const readIfThere = (path) => {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

/** Gives a function of a module back the name that it has in its source. */
const keepName = (get, name) => {
  const value = get()
  if (typeof value === "function" && value.name !== name) {
    Object.defineProperty(value, "name", { value: name, configurable: true })
  }
}

/** Keeps what V8 has compiled, once; nothing is wrong where it cannot be kept. */
const keep = (script, path, isMended) => {
  let isDone = false
  const write = () => {
    if (isDone) return
    isDone = true
    if (!isMended && existsSync(path)) return
    const beside = `${path}.${process.pid}`
    try {
      writeFileSync(beside, script.createCachedData())
      renameSync(beside, path)
    } catch {
      // A folder of somebody else's: every start compiles.
    }
  }
  setTimeout(write, SETTLED_MILLIS).unref()
  process.once("exit", write)
}

/** Runs the script of a folder; `kind` names what its process does, for the code that is kept. */
export const load = (folder, kind) => {
  const { exports: _, hash } = JSON.parse(readFileSync(join(folder, INFO), "utf8"))
  const path = join(folder, SCRIPT)
  const cache = join(folder, `${kind}-${hash}-${process.version}-${process.arch}-${flags()}.cache`)
  const cachedData = kind === undefined ? undefined : readIfThere(cache)
  // It is plain ASCII, for which V8 needs half the memory.
  const script = new Script(readFileSync(path, "latin1"), {
    filename: path,
    cachedData
  })
  // …/<packages>/<package>/dist/bundle/<id>/
  const home = new URL("../../../../", pathToFileURL(path)).href
  const require = createRequire(path)
  const module = { exports: {} }
  const isInstalled = (specifier) =>
    existsSync(new URL(`${specifier.split("/")[1]}/package.json`, home))
  const importHere = (specifier) => import(specifier)
  script.runInThisContext()(module.exports, require, module, {
    home,
    importHere,
    isInstalled,
    keepName
  })
  if (kind !== undefined && (cachedData === undefined || script.cachedDataRejected)) {
    keep(script, cache, script.cachedDataRejected)
  }
  return { folder, modules: module.exports.modules }
}

/** Has this process run from the bundle of a folder. */
export const hold = (folder, kind) => {
  current = load(folder, kind)
}

/** A module that this process holds, by its key: `core/action/Action`, `effect/Effect`. */
export const moduleOf = (key) => current.modules[key]()
