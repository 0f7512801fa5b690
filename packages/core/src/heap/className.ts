/**
 * What to call a value in a message.
 *
 * @since 0.1.0
 */

/** `Client`, `function load`, `class Client`, `symbol "x"`; runs no code of the value. */
export const classNameOf = (value: unknown): string => {
  if (typeof value === "symbol") return `symbol ${JSON.stringify(value.description ?? "")}`
  if (typeof value === "function") {
    const name = dataProperty(value, "name")
    const kind = /^class\b/.test(sourceText(value)) ? "class" : "function"
    return typeof name === "string" && name !== "" ? `${kind} ${name}` : kind
  }
  if (typeof value !== "object" || value === null) return typeof value
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object) {
    const constructor = dataProperty(at, "constructor")
    if (typeof constructor === "function") {
      const name = dataProperty(constructor, "name")
      if (typeof name === "string" && name !== "") return name
    }
    const tag = dataProperty(at, Symbol.toStringTag)
    if (typeof tag === "string" && tag !== "") return tag
  }
  return "object"
}

const dataProperty = (object: object, key: PropertyKey): unknown =>
  Object.getOwnPropertyDescriptor(object, key)?.value

/** The source of a function of the process; "" for one of a workflow, whose text is refused. */
export const sourceText = (fn: unknown): string => {
  try {
    return Reflect.apply(Function.prototype.toString, fn, []) as string
  } catch {
    return ""
  }
}
