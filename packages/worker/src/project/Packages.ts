/**
 * Imports packages as a module of the user's project would.
 *
 * @since 0.1.0
 */
import { resolve } from "import-meta-resolve"
import { isBuiltin } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/**
 * Imports a package by the rules of ECMAScript modules, looked for from `file` upward, which
 * need not exist: an old program may name a module that is gone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const importFrom = async (
  file: string | undefined,
  specifier: string
): Promise<Readonly<Record<string, unknown>>> => {
  const from = file ?? join(process.cwd(), "package.json")
  const url = isBuiltin(specifier) ? specifier : resolve(specifier, pathToFileURL(from).href)
  return await import(/* @vite-ignore */ url) as Readonly<Record<string, unknown>>
}
