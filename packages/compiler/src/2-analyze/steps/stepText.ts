/**
 * The code of a step as text.
 *
 * @since 0.1.0
 */
import type { Unit } from "../../1-parse/ModuleSyntax.ts"
import ts from "../../typescript.ts"
import { valueOf } from "../Modules.ts"
import { isFunction } from "../syntaxKinds.ts"

export interface Replacement {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A constant or function as a declaration; undefined for what can be neither. */
export const declarationText = (unit: Unit): string | undefined => {
  if (unit.kind === "variable") {
    const value = valueOf(unit)
    const isConst = (unit.node.parent.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const
    return value !== undefined && isConst && !hasOuterAwait(value)
      ? `const ${unit.node.name.getText()} = ${value.getText()};`
      : undefined
  }
  if (unit.kind !== "function" || unit.node.name === undefined) return undefined
  const { node } = unit
  const first = node.modifiers?.find((each) => each.kind === ts.SyntaxKind.AsyncKeyword)
  const source = node.getSourceFile()
  const start = first?.getStart(source) ??
    (node.modifiers === undefined ? node.getStart(source) : node.modifiers.end)
  return source.text.slice(start, node.end)
}

const hasOuterAwait = (node: ts.Node): boolean =>
  ts.isAwaitExpression(node) ||
  (!isFunction(node) &&
    ts.forEachChild(node, (child) => hasOuterAwait(child) || undefined) === true)

/** An expression with some of its parts replaced. */
export const textOf = (top: ts.Expression, replaced: ReadonlyArray<Replacement>): string => {
  const source = top.getSourceFile()
  // The runner awaits what comes out, so the last `await` is its own.
  const node = ts.isAwaitExpression(top) ? top.expression : top
  let at = node.getStart(source)
  let text = ""
  for (const { end, start, text: put } of [...replaced].sort((a, b) => a.start - b.start)) {
    text += source.text.slice(at, start) + put
    at = end
  }
  return text + source.text.slice(at, node.end)
}

/** Without types and comments, so that neither changes a program. */
export const javaScript = (text: string): string => {
  if (text === "") return ""
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      removeComments: true
    }
  })
  return outputText.replace(/^"use strict";\r?\n/, "").trimEnd()
}
