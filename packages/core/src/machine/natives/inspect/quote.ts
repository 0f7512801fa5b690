/**
 * Strings, numbers and keys as `util.inspect` of Node writes them.
 *
 * @since 0.1.0
 */

const ESCAPED =
  // oxlint-disable-next-line no-control-regex -- what is escaped
  /[\u0000-\u001f\u005c\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const SHORT: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "\\": "\\\\"
}

const escape = (character: string): string => {
  const short = SHORT[character]
  if (short !== undefined) return short
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `\\u${code.toString(16)}`
}

export const escaped = (text: string): string => text.replace(ESCAPED, escape)

/** In single quotes, unless it holds one and others do. */
export const quote = (text: string): string => {
  const inner = escaped(text)
  if (!text.includes("'")) return `'${inner}'`
  if (!text.includes("\"")) return `"${inner}"`
  if (!text.includes("`") && !text.includes("${")) return `\`${inner}\``
  return `'${inner.replaceAll("'", "\\'")}'`
}

export const number = (value: number | bigint): string =>
  typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : String(value)

const PLAIN_KEY = /^[a-zA-Z_][a-zA-Z_0-9]*$/

export const propertyName = (key: PropertyKey, isEnumerable: boolean): string => {
  if (typeof key === "symbol") return `[${escaped(key.toString()).replaceAll("'", "\\'")}]`
  const text = String(key)
  if (text === "__proto__") return "['__proto__']"
  if (!isEnumerable) return `[${escaped(text).replaceAll("'", "\\'")}]`
  return PLAIN_KEY.test(text) ? text : quote(text)
}

const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])/u

/** Columns that a text takes on a terminal. */
export const widthOf = (text: string): number => {
  // oxlint-disable-next-line no-control-regex -- plain text is as wide as it is long
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text.normalize("NFC")) {
    if (WIDE.test(character)) width += 2
    else if (!/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u.test(character)) width++
  }
  return width
}
