/**
 * The one text of a JSON value: keys sorted, no white space.
 *
 * @since 0.1.0
 */

/**
 * Equal values give equal texts, whatever the order in which their keys were set.
 * Keys that hold `undefined` are left out, as `JSON.stringify` does.
 *
 * @since 0.1.0
 * @category encoding
 */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`)
  return `{${entries.join(",")}}`
}
