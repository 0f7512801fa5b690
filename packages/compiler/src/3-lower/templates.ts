/**
 * Template strings and the strings object of tagged ones.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import ts from "../typescript.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering } from "./Lowering.ts"

export const TemplateExpression = (l: Lowering, node: ts.TemplateExpression): Expression => {
  const parts = node.templateSpans.map((span) => l.expression(span.expression))
  const strings = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)]
  const ps = node.templateSpans.map((span) => l.positionAt(lastPosition(span, "run")))
  return l.node({ t: "Tpl", q: strings, a: parts, ps, p: l.position(node) }, parts)
}

/** The object that a tag gets: cooked strings, null for those with an escape that means nothing. */
export const templateObject = (l: Lowering, node: ts.TemplateLiteral): Expression => {
  const parts = ts.isNoSubstitutionTemplateLiteral(node)
    ? [node]
    : [node.head, ...node.templateSpans.map((span) => span.literal)]
  const raw = parts.map(rawText)
  return {
    t: "TplObj",
    id: l.output.newTemplate(),
    c: raw.map((text, i) => isCookable(text) ? parts[i]!.text : null),
    w: raw
  }
}

/** The source between the delimiters, with the line ends that ECMAScript gives it. */
const rawText = (node: ts.TemplateLiteralLikeNode): string =>
  node.getText().replace(/^[`}]/, "").replace(/(`|\$\{)$/, "").replace(/\r\n?/g, "\n")

/** Whether every escape of a raw text has a meaning; octal ones have none in templates. */
const isCookable = (raw: string): boolean => {
  const escape = /\\(u\{([0-9a-fA-F]+)\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|0(?![0-9])|[^ux0-9]|\n)/y
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] !== "\\") continue
    escape.lastIndex = i
    const found = escape.exec(raw)
    if (found === null) return false
    if (found[2] !== undefined && parseInt(found[2], 16) > 0x10ffff) return false
    i = escape.lastIndex - 1
  }
  return true
}
