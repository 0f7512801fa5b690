/**
 * JSON files as modules: the value is the default export, its keys are named ones.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Statement } from "@rappel/core/program/Statement"
import * as catalogue from "../diagnostics/catalogue.ts"
import { initialise } from "./declarations.ts"
import { numberLiteral } from "./literals.ts"
import type { Lowering } from "./Lowering.ts"

export const jsonModule = (l: Lowering): ReadonlyArray<Statement> => {
  const { source } = l.module.syntax
  const p = l.positionAt(0)
  let value: unknown
  try {
    value = JSON.parse(source.syntax.text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    l.report({
      spec: catalogue.syntax.spec,
      message,
      file: source.syntax,
      start: 0,
      length: 1
    })
    return []
  }
  const names = Array.from(l.here.scope.variables.keys())
  return names.map((name) => {
    const wanted = name === "default" ? value : (value as Record<string, unknown> | null)?.[name]
    return initialise(l, name, literal(wanted, p), source.syntax)
  })
}

const literal = (value: unknown, p: number): Expression => {
  if (typeof value === "number") return numberLiteral(value)
  if (typeof value === "string" || typeof value === "boolean" || value === null) {
    return { t: "Lit", v: value }
  }
  if (Array.isArray(value)) return { t: "Arr", a: value.map((each) => literal(each, p)), p }
  if (typeof value !== "object") return { t: "Undef" }
  const properties = Object.entries(value).map(([key, each]) => ({
    kind: "v" as const,
    k: { t: "Lit" as const, v: key },
    e: literal(each, p)
  }))
  return { t: "Obj", ps: properties, p }
}
