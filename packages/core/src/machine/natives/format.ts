/**
 * `%s` and the like, as `util.format` of Node has them.
 *
 * @since 0.1.0
 */
import { inspect } from "./inspect/inspect.ts"
import { number } from "./inspect/quote.ts"

/** **Errors** what `toString` or `toJSON` of a value throws. */
export const format = (args: ReadonlyArray<unknown>): string => {
  const [first, ...rest] = args
  if (typeof first !== "string") return args.map(shown).join(" ")
  if (rest.length === 0) return first
  let used = 0
  const text = first.replace(/%[sdifjoOc%]/g, (directive) => {
    if (directive === "%%") return "%"
    return used < rest.length ? directed(directive, rest[used++]) : directive
  })
  return [text, ...rest.slice(used).map(shown)].join(" ")
}

const shown = (value: unknown): string => typeof value === "string" ? value : inspect(value)

const numeric = (value: unknown, parse: (value: any) => number): string =>
  typeof value === "symbol" ? "NaN" : number(parse(value))

const directed = (directive: string, value: unknown): string => {
  switch (directive) {
    case "%s":
      return asText(value)
    case "%d":
      return typeof value === "bigint" ? number(value) : numeric(value, Number)
    case "%i":
      return typeof value === "bigint"
        ? number(value)
        : numeric(value, (text) => Number.parseInt(text as string, 10))
    case "%f":
      return numeric(value, Number.parseFloat)
    case "%j":
      return asJson(value)
    case "%c":
      return ""
    default:
      return inspect(value, directive === "%o" ? 4 : undefined)
  }
}

const asText = (value: unknown): string => {
  if (typeof value === "number" || typeof value === "bigint") return number(value)
  if (typeof value !== "object" || value === null || !isPrintedAsBuiltin(value)) {
    return String(value)
  }
  return inspect(value, 0)
}

/** Whether its text says nothing: no class of the program has given it a `toString`. */
const isPrintedAsBuiltin = (value: object): boolean => {
  const key = typeof value.toString === "function" ? "toString" : Symbol.toPrimitive
  if (typeof Reflect.get(value, key) !== "function") return true
  if (Object.hasOwn(value, key) || Object.hasOwn(value, Symbol.toPrimitive)) return false
  let holder = value
  while (!Object.hasOwn(holder, key) && !Object.hasOwn(holder, Symbol.toPrimitive)) {
    holder = Object.getPrototypeOf(holder) as object
  }
  const { constructor } = holder
  return typeof constructor === "function" && Reflect.has(globalThis, constructor.name)
}

const asJson = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "undefined"
  } catch (error) {
    // As Node: a cycle is told, everything else is thrown.
    if (error instanceof TypeError && error.message.includes("circular structure")) {
      return "[Circular]"
    }
    throw error
  }
}
