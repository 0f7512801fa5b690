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
  if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(value)
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  if (Array.isArray(value)) {
    let text = "["
    for (let i = 0; i < value.length; i++) {
      text += i === 0 ? canonicalJson(value[i]) : `,${canonicalJson(value[i])}`
    }
    return `${text}]`
  }
  const object = value as Readonly<Record<string, unknown>>
  let text = ""
  for (const [key, label] of shapeOf(Object.keys(object))) {
    const each = object[key]
    if (each !== undefined) text += `${text === "" ? "" : ","}${label}${canonicalJson(each)}`
  }
  return `{${text}}`
}

type Shape = ReadonlyArray<readonly [key: string, label: string]>

/** Programs have few shapes of nodes, so their keys are sorted and quoted once. */
const shapes = new Map<string, Shape>()

const shapeOf = (keys: ReadonlyArray<string>): Shape => {
  // With the number of keys, no other keys have this name: a cached one has no line feed in a key.
  const name = `${keys.length}\n${keys.join("\n")}`
  let shape = shapes.get(name)
  if (shape === undefined) {
    shape = [...keys].sort().map((key) => [key, `${JSON.stringify(key)}:`] as const)
    // Keys of the user's own, such as export names, must not pile up.
    if (shapes.size < 10_000 && !keys.some((key) => key.includes("\n"))) shapes.set(name, shape)
  }
  return shape
}
