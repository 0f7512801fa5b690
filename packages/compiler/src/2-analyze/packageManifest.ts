/**
 * Reads `exports` and `imports` of a package.json.
 *
 * Source: https://nodejs.org/docs/latest-v20.x/api/packages.html, "Conditional
 * exports" and "Subpath patterns".
 *
 * @since 0.1.0
 */

/** The fields that matter here. */
export interface Manifest {
  readonly exports?: unknown
  readonly imports?: unknown
  readonly source?: string
  readonly module?: string
  readonly main?: string
  readonly types?: string
}

/** Ours first, then names that projects use for their sources, then Node's. */
const CONDITIONS = new Set([
  "@rappel/source",
  "source",
  "development",
  "types",
  "node",
  "import",
  "module-sync",
  "default"
])

/** The targets of `key` ("." or "./sub" or "#name"), the best first. */
export const fromManifest = (field: unknown, key: string): ReadonlyArray<string> => {
  if (typeof field !== "object" || field === null || Array.isArray(field)) {
    return key === "." ? targetsOf(field, "") : []
  }
  const entries = Object.entries(field)
  const isConditional = entries.every(([name]) => !name.startsWith(".") && !name.startsWith("#"))
  if (isConditional) return key === "." ? targetsOf(field, "") : []
  const exact = entries.find(([name]) => name === key)
  if (exact !== undefined) return targetsOf(exact[1], "")
  const patterns = entries
    .filter(([name]) => name.includes("*"))
    .map(([name, target]) => {
      const [before = "", after = ""] = name.split("*")
      return { before, after, target }
    })
    .filter(({ after, before }) =>
      key.startsWith(before) && key.endsWith(after) && key.length >= before.length + after.length
    )
    .sort((a, b) => b.before.length - a.before.length)
  const best = patterns[0]
  return best === undefined
    ? []
    : targetsOf(best.target, key.slice(best.before.length, key.length - best.after.length))
}

/** Every target whose conditions hold, in the manifest's order, so that a missing file has a next. */
const targetsOf = (target: unknown, star: string): ReadonlyArray<string> => {
  if (typeof target === "string") return [target.replaceAll("*", star)]
  if (Array.isArray(target)) return target.flatMap((each) => targetsOf(each, star))
  if (typeof target !== "object" || target === null) return []
  return Object.entries(target).flatMap(([condition, each]) =>
    CONDITIONS.has(condition) ? targetsOf(each, star) : []
  )
}
