/**
 * Lets this process load the user's TypeScript, and rappel's own code wherever it is.
 *
 * Importing this module registers tsx, in this process: a second `node` would lose the
 * socket on fd 3. `@rappel/*` and `effect` are found from here when the importing file has no
 * `node_modules` of its own that holds them, so that a lone file can be run.
 *
 * Only `node:` modules and tsx are loaded, so that it works before any build.
 */
import Module, { createRequire, register as registerHooks } from "node:module"
import { current } from "./held.mjs"
import { OURS } from "./hooks.mjs"
import { coreFolder, entry, fromSources, sourceOf } from "./place.mjs"

export { entry, fromSources }

const { register } = await import("tsx/esm/api")
register()
const { register: registerRequire } = await import("tsx/cjs/api")
registerRequire()
// Registered last, so that they are asked first.
registerHooks("./hooks.mjs", import.meta.url, {
  data: {
    fromSources,
    home: import.meta.url,
    heldUrl: new URL("held.mjs", import.meta.url).href,
    bundle: current?.folder,
    core: coreFolder
  }
})
const resolveFilename = Module._resolveFilename
const home = createRequire(import.meta.url)
Module._resolveFilename = function(specifier, ...rest) {
  const source = fromSources ? sourceOf(specifier) : undefined
  if (source !== undefined) return source
  try {
    return resolveFilename.call(this, specifier, ...rest)
  } catch (error) {
    if (error?.code !== "MODULE_NOT_FOUND" || !OURS.test(specifier)) throw error
    return home.resolve(specifier)
  }
}
