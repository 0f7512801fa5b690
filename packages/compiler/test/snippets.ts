/**
 * Small workflows over the whole language.
 *
 * A fixture file holds sections `// === name`: the body of a workflow, and after
 * `// ### ` lines of its module. `$(e)` in a body stands for `e` in one variant, and
 * for an `await` of the same value that comes from a later step in the other.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export interface Snippet {
  readonly group: string
  readonly name: string
  /** The module with `$(e)` as `(e)`, and with `$(e)` as an await; the second only where they differ. */
  readonly variants: ReadonlyArray<{ readonly variant: string; readonly source: string }>
}

const FOLDER = join(import.meta.dirname, "fixtures/run")

const PRELUDE = `import { action, sleep, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const fail = action(async (message: string): Promise<any> => { throw new Error(message) })
export class OwnError extends Error {
  readonly code: number
  constructor(message: string, code: number) {
    super(message)
    this.name = "OwnError"
    this.code = code
  }
}
export const failWith = action(async (kind: string): Promise<any> => {
  throw kind === "range" ? new RangeError("out of range") : new OwnError("own", 5)
})
const $later = async (value: any) => {
  await echo(0)
  return value
}
const $show = (value: any, seen: any[] = []): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "bigint") return value + "n"
  if (typeof value === "symbol") return value.toString()
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value)
  if (typeof value === "function") return "function " + value.name
  if (typeof value !== "object" || value === null) return String(value)
  if (seen.includes(value)) return "cycle " + seen.indexOf(value)
  const inside = [...seen, value]
  const show = (each: any) => $show(each, inside)
  const entries = (keys: any[]) => keys.map((key) => String(key) + ": " + show(value[key])).join(", ")
  if (Array.isArray(value)) {
    const items: string[] = []
    for (let i = 0; i < value.length; i++) items.push(i in value ? show(value[i]) : "hole")
    const extra = Object.keys(value).filter((key) => !(Number(key) >= 0))
    return "[" + items.join(", ") + (extra.length === 0 ? "" : "; " + entries(extra)) + "]"
  }
  if (value instanceof Error) {
    const own = Object.keys(value).filter((key) => key !== "name")
    return value.name + "(" + value.message + ")" + (own.length === 0 ? "" : "{" + entries(own) + "}")
  }
  if (value instanceof Date) return "Date " + value.getTime()
  if (value instanceof RegExp) return String(value)
  if (value instanceof Map) return "Map{" + [...value].map(([k, v]) => show(k) + " => " + show(v)).join(", ") + "}"
  if (value instanceof Set) return "Set{" + [...value].map(show).join(", ") + "}"
  const proto = Object.getPrototypeOf(value)
  const name = proto === null ? "null " : proto === Object.prototype ? "" : (proto.constructor?.name ?? "?") + " "
  return name + "{" + entries(Object.keys(value)) + "}"
}
`

const moduleOf = (body: string, lines: ReadonlyArray<string>): string =>
  `${PRELUDE}${lines.join("\n")}
const $body = async (): Promise<any> => {
${body}
}
export const w = workflow(async () => {
  try {
    return "value " + $show(await $body())
  } catch (error) {
    return "error " + $show(error)
  }
})
`

/** `$(e)` as `(e)` or as `(await $later(e))`. */
const replaced = (body: string, mode: "plain" | "await"): string => {
  if (mode === "plain") return body.replace(/(?<![\w$])\$\(/g, "(")
  let out = ""
  const closers: Array<number> = []
  let depth = 0
  for (let i = 0; i < body.length; i++) {
    if (body.startsWith("$(", i) && !/[\w$]/.test(body[i - 1] ?? "")) {
      out += "(await $later("
      depth++
      closers.push(depth)
      i++
    } else if (body[i] === "(") {
      depth++
      out += "("
    } else if (body[i] === ")") {
      out += closers.at(-1) === depth ? "))" : ")"
      if (closers.at(-1) === depth) closers.pop()
      depth--
    } else {
      out += body[i]
    }
  }
  return out
}

export const snippets: ReadonlyArray<Snippet> = readdirSync(FOLDER).sort().flatMap((file) => {
  const text = readFileSync(join(FOLDER, file), "utf8")
  return text.split(/^\/\/ === /m).slice(1).map((section) => {
    const [name = "", ...rest] = section.trimEnd().split("\n")
    const lines = rest.filter((line) => line.startsWith("// ### ")).map((line) => line.slice(7))
    const body = rest.filter((line) => !line.startsWith("// ### ")).join("\n")
    const source = (mode: "plain" | "await") => moduleOf(replaced(body, mode), lines)
    const variants = [{ variant: "plain", source: source("plain") }]
    if (body.includes("$(")) {
      variants.push({ variant: "with awaits", source: source("await") })
    }
    return { group: file.replace(/\.ts$/, ""), name, variants }
  })
})
