/**
 * Expressions that give a value of the program, the call or the environment around it.
 *
 * @since 0.1.0
 */
import type {
  Act,
  Arg,
  Big,
  Core,
  Fn,
  Glob,
  Imp,
  Lit,
  Ns,
  Re,
  RestArg,
  Undeclared
} from "../../program/Expression.ts"
import { actionOf } from "../actions.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Frame } from "../Frame.ts"
import { lexicalOf, makeFunction } from "../functions.ts"
import { hidden } from "../hidden.ts"
import { importedBinding, namespaceOf } from "../modules.ts"
import { coreValue } from "../natives/core.ts"
import { globals } from "../natives/globals.ts"
import { hostArrayIterator, replaced } from "../natives/replaced.ts"
import { HOLE, UNSET } from "../signals.ts"
import { selfOf } from "./members.ts"
import { unset } from "./variables.ts"

export const literal = ({ v }: Lit): Evaluate => () => v

export const undefinedLiteral = (): Evaluate => () => undefined

export const bigint = ({ v }: Big): Evaluate => {
  const value = BigInt(v)
  return () => value
}

/** A new object each time, as the language asks. */
export const regExp = ({ f, p, v }: Re): Evaluate => (_E, F) => {
  F.at = p
  return new RegExp(v, f)
}

export const hole = (): Evaluate => () => HOLE

export const argument = ({ i }: Arg): Evaluate => (_E, F) => F.args[i]

export const restArguments = ({ i }: RestArg): Evaluate => (_E, F) => F.args.slice(i)

/** The object of strict code: a copy of the arguments, without names and callee. */
export const makeArguments = (...args: ReadonlyArray<unknown>): object => {
  const object = Reflect.apply(
    function() {
      return arguments
    },
    undefined,
    args
  ) as object
  // The engine's iterator and the one that workflows have go by one name in a snapshot.
  Object.defineProperty(object, Symbol.iterator, {
    value: replaced(hostArrayIterator),
    writable: true,
    configurable: true
  })
  argumentsObjects.set(object, true)
  return object
}

export const argumentsObjects = hidden<true>()

export const argumentsObject = (): Evaluate => (_E, F) => {
  const lexical = lexicalOf(F)
  return lexical.argumentsObject ??= makeArguments(...lexical.args)
}

export const thisValue = ({ p }: { readonly p: number }, compiler: Compiler): Evaluate =>
  compiler.isArrow || compiler.isDerived
    ? (_E, F) => {
      F.at = p
      return selfOf(F)
    }
    : (_E, F) => F.self

export const newTarget = (): Evaluate => (_E, F) =>
  F.lexical === null ? F.newTarget : F.lexical.newTarget

export const global = ({ n, p }: Glob): Evaluate => {
  const table = globals()
  if (!table.has(n)) {
    return (_E, F) => {
      if (p !== undefined) F.at = p
      throw new ReferenceError(`${n} is not defined`)
    }
  }
  const value = table.get(n)
  return () => value
}

export const undeclared = ({ n, p }: Undeclared): Evaluate => (_E, F) => {
  F.at = p
  throw new ReferenceError(`${n} is not defined`)
}

export const core = ({ n }: Core): Evaluate => {
  const value = coreValue(n)
  return () => value
}

export const action = ({ a }: Act): Evaluate => () => actionOf(a)

export const imported = ({ m, p, x }: Imp, { program }: Compiler): Evaluate => {
  const read = importedBinding(program.program, m, x)
  return (_E, F) => {
    const value = read()
    if (value === UNSET) throw unset(F, x, p)
    return value
  }
}

export const namespace = ({ m }: Ns): Evaluate => () => namespaceOf(m)

export const functionValue = ({ f }: Fn, { program }: Compiler): Evaluate => {
  const code = program.codes[f]!
  const needsLexical = code.node.arrow === 1 && code.usesLexical
  return needsLexical
    ? (E, F: Frame) => makeFunction(code, E, lexicalOf(F), null)
    : (E) => makeFunction(code, E, null, null)
}
