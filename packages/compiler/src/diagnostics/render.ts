/**
 * Prints findings for a terminal.
 *
 * @since 0.1.0
 */
import type { Diagnostic } from "./Diagnostic.ts"

/**
 * A finding with up to two lines of source above it and a mark below it.
 *
 * Tabs before the mark are kept, so that it stays aligned in any terminal. A
 * finding of several lines is marked up to the end of its first.
 *
 * @since 0.1.0
 * @category printing
 */
export const render = (diagnostic: Diagnostic): string => printed(diagnostic, false)

/**
 * The same with the colors of terminals.
 *
 * @since 0.1.0
 * @category printing
 */
export const renderColored = (diagnostic: Diagnostic): string => printed(diagnostic, true)

const printed = (diagnostic: Diagnostic, isColored: boolean): string => {
  const { code, column, fileName, help, length, line, message, severity, text } = diagnostic
  const width = String(line).length
  const paint = (color: Color, part: string): string =>
    isColored ? `\u001b[${COLORS[color]}m${part}\u001b[0m` : part
  const gutter = (label: string): string => paint("dim", `${label.padStart(width)} | `)

  const first = Math.max(1, line - 2)
  const shown = text.split(/\r?\n/).slice(first - 1, line)
  const frame = shown.map((source, i) => gutter(String(first + i)) + source)

  const source = shown.at(-1) ?? ""
  const before = source.slice(0, column - 1)
  const marked = Math.max(1, Math.min(length, source.length - before.length))

  return [
    `${paint(severity, `${severity}[${code}]`)}: ${message}`,
    `  at ${fileName}:${line}:${column}`,
    ...frame,
    gutter("") + before.replace(/[^\t]/g, " ") + paint(severity, "^".repeat(marked)),
    `help: ${help}`,
    paint("dim", `docs: docs/errors/${code}.md`)
  ].join("\n")
}

const COLORS = { error: "31", warning: "33", info: "36", dim: "2" } as const

type Color = keyof typeof COLORS
