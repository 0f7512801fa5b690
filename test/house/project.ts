/**
 * The repository as its own subject: where it is, and its files without what tools made.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const NOT_OURS = new Set(["node_modules", "dist", ".git", ".rappel", ".examples", "coverage"])

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesUnder(path)
    return entry.isFile() ? [relative(root, path)] : []
  })

/** Every file of the repository, relative to its root, also those not yet committed. */
export const projectFiles = (): ReadonlyArray<string> => filesUnder(root)

export const readProjectFile = (path: string): string => readFileSync(join(root, path), "utf8")

export const readProjectJson = <A>(path: string): A => JSON.parse(readProjectFile(path)) as A
