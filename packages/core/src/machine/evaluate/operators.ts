/**
 * Operators: one closure for each, since one closure for all would see every type of operand.
 *
 * @since 0.1.0
 */
import type {
  Bin,
  BinaryOperator,
  Cond,
  Dflt,
  Expression,
  Log,
  LogicalOperator,
  Seq,
  Un,
  UnaryOperator
} from "../../program/Expression.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Task } from "../Frame.ts"
import { SUSPENDED } from "../signals.ts"
import { boundedBig, checkText, guarded } from "../watch.ts"
import { operands, resumable } from "./resumable.ts"

type Operate = (left: any, right: any) => unknown

const add: Operate = (left, right) => {
  const sum: unknown = left + right
  if (typeof sum === "string") checkText(sum)
  return sum
}

const power: Operate = (left, right) =>
  typeof right === "bigint" ? boundedBig(guarded(() => left ** right)) : left ** right

const OPERATIONS: Readonly<Record<BinaryOperator, Operate>> = {
  "+": add,
  "-": (left, right) => left - right,
  "*": (left, right) => boundedBig(left * right),
  "/": (left, right) => boundedBig(left / right),
  "%": (left, right) => boundedBig(left % right),
  "**": power,
  // oxlint-disable-next-line eslint/eqeqeq -- it is the program's operator
  "==": (left, right) => left == right,
  // oxlint-disable-next-line eslint/eqeqeq -- it is the program's operator
  "!=": (left, right) => left != right,
  "===": (left, right) => left === right,
  "!==": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "^": (left, right) => left ^ right,
  "<<": (left, right) => boundedBig(left << right),
  ">>": (left, right) => left >> right,
  ">>>": (left, right) => left >>> right,
  in: (left, right) => left in right,
  instanceof: (left, right) => left instanceof right
}

export const operation = (operator: BinaryOperator): Operate => OPERATIONS[operator]

/**
 * Numbers are operated on in place; anything else may run code of the program or throw, so
 * the position is noted first.
 */
const binaryClosure = (
  operator: BinaryOperator,
  l: Evaluate,
  r: Evaluate,
  p: number
): Evaluate => {
  const slow = OPERATIONS[operator]
  switch (operator) {
    case "+":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left + right
        F.at = p
        return add(left, right)
      }
    case "-":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left - right
        F.at = p
        return left - right
      }
    case "*":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left * right
        F.at = p
        return slow(left, right)
      }
    case "/":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left / right
        F.at = p
        return slow(left, right)
      }
    case "%":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left % right
        F.at = p
        return slow(left, right)
      }
    case "===":
      return (E, F) => l(E, F) === r(E, F)
    case "!==":
      return (E, F) => l(E, F) !== r(E, F)
    case "<":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left < right
        F.at = p
        return left < right
      }
    case "<=":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left <= right
        F.at = p
        return left <= right
      }
    case ">":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left > right
        F.at = p
        return left > right
      }
    case ">=":
      return (E, F) => {
        const left = l(E, F) as number
        const right = r(E, F) as number
        if (typeof left === "number" && typeof right === "number") return left >= right
        F.at = p
        return left >= right
      }
    default:
      return (E, F) => {
        const left = l(E, F)
        const right = r(E, F)
        F.at = p
        return slow(left, right)
      }
  }
}

/** The same with a number on the right, the commonest of all: `i < 10`, `n - 1`. */
const constantClosure = (
  operator: BinaryOperator,
  l: Evaluate,
  right: number,
  p: number
): Evaluate | undefined => {
  const slow = OPERATIONS[operator]
  switch (operator) {
    case "+":
      return (E, F) => {
        const left = l(E, F)
        if (typeof left === "number") return left + right
        F.at = p
        return slow(left, right)
      }
    case "-":
      return (E, F) => {
        const left = l(E, F)
        if (typeof left === "number") return left - right
        F.at = p
        return slow(left, right)
      }
    case "%":
      return (E, F) => {
        const left = l(E, F)
        if (typeof left === "number") return left % right
        F.at = p
        return slow(left, right)
      }
    case "===":
      return (E, F) => l(E, F) === right
    case "!==":
      return (E, F) => l(E, F) !== right
    case "<":
      return (E, F) => {
        const left = l(E, F)
        if (typeof left === "number") return left < right
        F.at = p
        return slow(left, right)
      }
    case ">":
      return (E, F) => {
        const left = l(E, F)
        if (typeof left === "number") return left > right
        F.at = p
        return slow(left, right)
      }
    default:
      return undefined
  }
}

const isNumber = (node: Expression): node is Extract<Expression, { readonly t: "Lit" }> =>
  node.t === "Lit" && typeof node.v === "number"

export const binary = ({ l, op, p, r, s }: Bin, compiler: Compiler): Evaluate => {
  const left = compiler.expression(l)
  if (s === undefined && isNumber(r)) {
    const folded = constantClosure(op, left, r.v as number, p)
    if (folded !== undefined) return folded
  }
  const right = compiler.expression(r)
  if (s === undefined) return binaryClosure(op, left, right, p)
  const operate = OPERATIONS[op]
  return operands([left, right], s, (values, F) => {
    F.at = p
    return operate(values[0], values[1])
  })
}

const UNARY: Readonly<Record<UnaryOperator, (value: any) => unknown>> = {
  "!": (value) => !value,
  "-": (value) => -value,
  "+": (value) => +value,
  "~": (value) => ~value,
  typeof: (value) => typeof value,
  void: () => undefined
}

export const unary = ({ e, op, p, s }: Un, compiler: Compiler): Evaluate => {
  const operand = compiler.expression(e)
  const operate = UNARY[op]
  if (s === undefined) {
    if (op === "!") return (E, F) => !operand(E, F)
    if (op === "typeof") return (E, F) => typeof operand(E, F)
  }
  return (E, F) => {
    const value = operand(E, F)
    if (value === SUSPENDED) return value
    if (p !== undefined) F.at = p
    return operate(value)
  }
}

/** Whether an operator's left side is its value. */
const DECIDES: Readonly<Record<LogicalOperator, (left: unknown) => boolean>> = {
  "&&": (left) => !left,
  "||": (left) => Boolean(left),
  "??": (left) => left !== null && left !== undefined
}

export const decides = (operator: LogicalOperator): (left: unknown) => boolean => DECIDES[operator]

export const logical = ({ l, op, r, s }: Log, compiler: Compiler): Evaluate => {
  const left = compiler.expression(l)
  const right = compiler.expression(r)
  if (s === undefined) {
    switch (op) {
      case "&&":
        return (E, F) => left(E, F) && right(E, F)
      case "||":
        return (E, F) => left(E, F) || right(E, F)
      case "??":
        return (E, F) => left(E, F) ?? right(E, F)
    }
  }
  return eitherOf(left, right, s, DECIDES[op])
}

/** One slot: 1 while the second part is under way. */
const eitherOf = (
  first: Evaluate,
  second: Evaluate,
  s: number,
  isDecided: (value: unknown) => boolean
): Evaluate =>
  resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const value = first(E, F)
      if (value === SUSPENDED || isDecided(value)) return value
      S[s] = 1
    }
    const value = second(E, F)
    if (value !== SUSPENDED) S[s] = 0
    return value
  })

export const withDefault = ({ d, e, s }: Dflt, compiler: Compiler): Evaluate => {
  const given = compiler.expression(e)
  const fallback = compiler.expression(d)
  if (s !== undefined) return eitherOf(given, fallback, s, (value) => value !== undefined)
  return (E, F) => {
    const value = given(E, F)
    return value === undefined ? fallback(E, F) : value
  }
}

export const conditional = ({ a, b, c, s }: Cond, compiler: Compiler): Evaluate => {
  const test = compiler.expression(c)
  const whenTrue = compiler.expression(a)
  const whenFalse = compiler.expression(b)
  if (s === undefined) return (E, F) => test(E, F) ? whenTrue(E, F) : whenFalse(E, F)
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const value = test(E, F)
      if (value === SUSPENDED) return value
      S[s] = value ? 1 : 2
    }
    const value = S[s] === 1 ? whenTrue(E, F) : whenFalse(E, F)
    if (value !== SUSPENDED) S[s] = 0
    return value
  })
}

export const sequence = ({ l, s }: Seq, compiler: Compiler): Evaluate => {
  const parts = compiler.expressions(l)
  const { length } = parts
  if (s === undefined) {
    return (E, F) => {
      let value: unknown
      for (let at = 0; at < length; at++) value = parts[at]!(E, F)
      return value
    }
  }
  return resumable((E, F: Task) => {
    const S = F.slots
    let value: unknown
    for (let at = S[s] as number; at < length; at++) {
      value = parts[at]!(E, F)
      if (value === SUSPENDED) {
        S[s] = at
        return value
      }
    }
    S[s] = 0
    return value
  })
}
