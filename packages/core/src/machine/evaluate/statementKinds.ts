/**
 * Which factory serves which kind of statement.
 *
 * @since 0.1.0
 */
import type { StatementKinds } from "../compile.ts"
import { forLoop, forOfLoop, whileLoop } from "./loops.ts"
import {
  block,
  breakStatement,
  continueStatement,
  expressionStatement,
  ifStatement,
  labelled,
  returnStatement,
  scope,
  switchStatement,
  throwStatement
} from "./statements.ts"
import { tryStatement } from "./tryStatement.ts"

export const statementKinds: StatementKinds = {
  Blk: block,
  Scope: scope,
  Ex: expressionStatement,
  Ret: returnStatement,
  Throw: throwStatement,
  If: ifStatement,
  For: forLoop,
  While: whileLoop,
  Do: whileLoop,
  ForOf: forOfLoop,
  ForIn: forOfLoop,
  Switch: switchStatement,
  Try: tryStatement,
  Lbl: labelled,
  Brk: breakStatement,
  Cnt: continueStatement
}
