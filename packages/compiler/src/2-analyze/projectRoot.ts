/**
 * Finds the folder that file names and action ids are relative to.
 *
 * @since 0.1.0
 */
import { dirname, join, relative, resolve, sep } from "node:path"
import { fromDisk, type SourceFiles } from "../1-parse/SourceFiles.ts"

/**
 * The folder of the nearest `package.json` upward that has a name or workspaces;
 * else the folder of the file itself.
 *
 * A `package.json` without a name only sets the module type of a folder, so it
 * does not start a project.
 *
 * @since 0.1.0
 * @category constructors
 */
export const findProjectRoot = (file: string, files: SourceFiles = fromDisk): string => {
  const own = dirname(resolve(file))
  for (let folder = own;; folder = dirname(folder)) {
    const text = files.text(join(folder, "package.json"))
    if (text !== undefined && startsProject(text)) return folder
    if (dirname(folder) === folder) return own
  }
}

/** `file` relative to `root`, with forward slashes on every system. */
export const relativeTo = (root: string, file: string): string =>
  relative(root, file).split(sep).join("/")

const startsProject = (text: string): boolean => {
  try {
    const manifest: unknown = JSON.parse(text)
    return typeof manifest === "object" && manifest !== null &&
      ("name" in manifest || "workspaces" in manifest)
  } catch {
    return false
  }
}
