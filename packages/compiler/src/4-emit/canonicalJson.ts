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
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const object = value as Readonly<Record<string, unknown>>
  let text = ""
  for (const key of Object.keys(object).sort()) {
    const each = object[key]
    if (each !== undefined) {
      text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(each)}`
    }
  }
  return `{${text}}`
}
