/**
 * Bodies of functions that cannot suspend, run for what they return.
 *
 * A `return` hands up its value itself instead of a completion that says where the value is:
 * less to do per call, and one native frame less for each level of recursion.
 *
 * @since 0.1.0
 */
import type { Statement } from "../../program/Statement.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import { NOTHING } from "../signals.ts"
import { scopeEnv } from "./statements.ts"

/** The value that a statement returns; `NOTHING` when it reaches its end. */
export const resultOf = (statement: Statement, compiler: Compiler): Evaluate => {
  switch (statement.t) {
    case "Ret":
      return compiler.expression(statement.e)
    case "If": {
      const test = compiler.expression(statement.c)
      const whenTrue = compiler.result(statement.a)
      if (statement.b === undefined) {
        return (E, F) => test(E, F) ? whenTrue(E, F) : NOTHING
      }
      const whenFalse = compiler.result(statement.b)
      return (E, F) => test(E, F) ? whenTrue(E, F) : whenFalse(E, F)
    }
    case "Scope": {
      const { size, tdz } = statement
      const body = compiler.result(statement.b)
      const enter = scopeEnv(size, tdz)
      return size === 0 && tdz.length === 0 ? body : (E, F) => body(enter(E), F)
    }
    case "Blk":
      return block(statement.b.map(compiler.result))
    case "Ex": {
      const value = compiler.expression(statement.e)
      return (E, F) => {
        value(E, F)
        return NOTHING
      }
    }
    default: {
      const run = compiler.statement(statement)
      // A jump cannot leave a function, so any completion is a return.
      return (E, F) => run(E, F) === undefined ? NOTHING : F.result
    }
  }
}

const block = (parts: ReadonlyArray<Evaluate>): Evaluate => {
  const { length } = parts
  const [first, second, third] = parts
  switch (length) {
    case 0:
      return () => NOTHING
    case 1:
      return first!
    case 2:
      return (E, F) => {
        const value = first!(E, F)
        return value === NOTHING ? second!(E, F) : value
      }
    case 3:
      return (E, F) => {
        let value = first!(E, F)
        if (value === NOTHING) value = second!(E, F)
        return value === NOTHING ? third!(E, F) : value
      }
    default:
      return (E, F) => {
        for (let at = 0; at < length; at++) {
          const value = parts[at]!(E, F)
          if (value !== NOTHING) return value
        }
        return NOTHING
      }
  }
}
