/**
 * Prints an expression the way V8 names it in its messages: `a.b(...) is not a
 * function`.
 *
 * Printing from the syntax tree, and not from the source, keeps comments and
 * line breaks out of the program. The odd cases ("(intermediate value)", a
 * conditional as three of them) are V8's own; `test/sourceText.test.ts` compares
 * them with the running Node.
 *
 * @since 0.1.0
 */
import type ts from "../typescript.ts"
import { CallPrinter } from "./CallPrinter.ts"

export const sourceText = (expression: ts.Expression): string =>
  CallPrinter.print((printer) => printer.find(expression, true))

/** What is called or read within a chain, as `o?.p` in `o?.p()`: only parentheses end it. */
export const calleeText = (expression: ts.Expression): string =>
  CallPrinter.print((printer) => printer.findLink(expression))
