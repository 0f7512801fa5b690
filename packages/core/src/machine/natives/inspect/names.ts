/**
 * What `util.inspect` of Node calls an object: its class, and the kind of a function.
 *
 * @since 0.1.0
 */
import type { FunctionKind } from "../../../program/Program.ts"
import { classClosures } from "../../classes.ts"
import { closures } from "../../functions.ts"

const isInstance = (object: object, constructor: unknown): boolean => {
  try {
    return object instanceof (constructor as new() => object)
  } catch {
    return false
  }
}

/** The name of the nearest constructor, or null without any. */
export const constructorName = (object: object): string | null => {
  for (
    let at: object | null = object;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const constructor: unknown = Reflect.getOwnPropertyDescriptor(at, "constructor")?.value
    if (typeof constructor !== "function" || constructor.name === "") continue
    if (at === Object.prototype || isInstance(object, constructor)) return constructor.name
  }
  const above = Object.getPrototypeOf(object) as object | null
  if (above === null) return null
  return `Object <${constructorName(above) ?? "[Object: null prototype] {}"}>`
}

/** `Symbol.toStringTag`, unless it is printed as a property. */
export const tagOf = (object: object): string => {
  const tag: unknown = Reflect.get(object, Symbol.toStringTag)
  const isShown = Object.prototype.propertyIsEnumerable.call(object, Symbol.toStringTag)
  return typeof tag !== "string" || tag !== "" && isShown ? "" : tag
}

export const prefixOf = (
  constructor: string | null,
  tag: string,
  fallback: string,
  size = ""
): string => {
  if (constructor === null) {
    const suffix = tag !== "" && fallback !== tag ? ` [${tag}]` : ""
    return `[${fallback}${size}: null prototype]${suffix} `
  }
  return tag !== "" && constructor !== tag
    ? `${constructor}${size} [${tag}] `
    : `${constructor}${size} `
}

const KINDS: Readonly<Record<FunctionKind, string>> = {
  sync: "Function",
  async: "AsyncFunction",
  generator: "GeneratorFunction",
  asyncGenerator: "AsyncGeneratorFunction"
}

export const functionName = (fn: object): string => {
  const constructor = constructorName(fn)
  const tag = tagOf(fn)
  const { name } = fn as { readonly name: unknown }
  const suffix = tag !== "" && constructor !== tag ? ` [${tag}]` : ""
  if (classClosures.get(fn) !== undefined) {
    const own = Object.hasOwn(fn, "name") && name !== "" ? String(name) : "(anonymous)"
    const kind = constructor === "Function" || constructor === null ? "" : ` [${constructor}]`
    const above = (Object.getPrototypeOf(fn) as { readonly name?: unknown } | null)?.name
    const extend = constructor === null
      ? " extends [null prototype]"
      : above === undefined || above === ""
      ? ""
      : ` extends ${String(above)}`
    return `[class ${own}${kind}${suffix}${extend}]`
  }
  const kind = KINDS[closures.get(fn)?.code.node.k ?? "sync"]
  const none = constructor === null ? " (null prototype)" : ""
  const called = name === "" ? " (anonymous)" : `: ${String(name)}`
  const other = constructor === kind || constructor === null ? "" : ` ${constructor}`
  return `[${kind}${none}${called}]${other}${suffix}`
}
