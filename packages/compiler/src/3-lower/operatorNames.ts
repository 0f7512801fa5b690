/**
 * The operators of programs, told apart by their text.
 *
 * @since 0.1.0
 */
import type { BinaryOperator, LogicalOperator } from "@rappel/core/program/Expression"

const BINARY: ReadonlySet<string> = new Set<BinaryOperator>([
  "+",
  "-",
  "*",
  "/",
  "%",
  "**",
  "==",
  "!=",
  "===",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
  "in",
  "instanceof"
])

const LOGICAL: ReadonlySet<string> = new Set<LogicalOperator>(["&&", "||", "??"])

export const isBinaryOperator = (text: string): text is BinaryOperator => BINARY.has(text)

export const isLogicalOperator = (text: string): text is LogicalOperator => LOGICAL.has(text)
