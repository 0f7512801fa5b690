/**
 * The statements of a program. See `Expression.ts` for slots and positions.
 *
 * A scope has an environment of its own (`size` > 0) only where a closure
 * captures one of its variables; else its variables live in the environment of
 * the nearest scope outside that has one. `tdz` lists the indices that start
 * uninitialised each time the scope is entered.
 *
 * @since 0.1.0
 */
import type { Address, Expression, Hint, Slots } from "./Expression.ts"

/** Statements in order; hoisted function declarations come first, as `Ex` of `Set`. */
export interface Blk extends Slots {
  readonly t: "Blk"
  readonly b: ReadonlyArray<Statement>
}
export interface ScopeStatement extends Slots {
  readonly t: "Scope"
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly b: Statement
}
export interface Ex extends Slots {
  readonly t: "Ex"
  readonly e: Expression
}
/** In an async generator `e` is an `Await`, unless the statement returns nothing. */
export interface Ret extends Slots {
  readonly t: "Ret"
  readonly e: Expression
  readonly p: number
}
export interface Throw extends Slots {
  readonly t: "Throw"
  readonly e: Expression
  readonly p: number
}
export interface If extends Slots {
  readonly t: "If"
  readonly c: Expression
  readonly a: Statement
  readonly b?: Statement
  readonly p: number
}
/** `L`: the labels of this loop, that `continue` may name. The environment is copied for each iteration. */
export interface For extends Slots {
  readonly t: "For"
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly init: Statement
  readonly c?: Expression
  readonly u?: Expression
  readonly b: Statement
  readonly L: ReadonlyArray<string>
  readonly p: number
}
export interface While extends Slots {
  readonly t: "While"
  readonly c: Expression
  readonly b: Statement
  readonly L: ReadonlyArray<string>
  readonly p: number
}
export interface Do extends Slots {
  readonly t: "Do"
  readonly b: Statement
  readonly c: Expression
  readonly L: ReadonlyArray<string>
  readonly p: number
}
/**
 * `for (… of e)`, `for await`, `for (… in e)`. `e` is evaluated outside the
 * iteration's environment (with `outer` > 0 in an environment of that size that
 * holds the loop's own names uninitialised). Each value is stored at `item`,
 * an address seen from inside the iteration's scope, and then bound by `bind`.
 * `pn` is where the iterator gives the next value, `pc` where it is closed.
 */
export interface ForOf extends Slots {
  readonly t: "ForOf" | "ForIn"
  readonly e: Expression
  readonly item: Address
  readonly bind: Statement
  readonly b: Statement
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly L: ReadonlyArray<string>
  readonly aw?: 1
  readonly n?: string
  readonly it?: Hint
  readonly pn?: number
  readonly pc?: number
  readonly p: number
}
/** The cases share one scope; `fns` are its hoisted functions. A case without `e` is the default. */
export interface Switch extends Slots {
  readonly t: "Switch"
  readonly d: Expression
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly fns: ReadonlyArray<Statement>
  readonly cs: ReadonlyArray<{ readonly e?: Expression; readonly b: Statement }>
  readonly p: number
}
/**
 * `try`. The exception is stored at `exc` (an address seen from inside the
 * handler's scope) before `c.b` runs, which binds it. The ranges are the slots
 * of the parts, from the first to past the last: an exception that leaves a part
 * resets them to 0. A range is absent when the part cannot suspend.
 */
export interface Try extends Slots {
  readonly t: "Try"
  readonly b: Statement
  readonly br?: SlotRange
  readonly c?: {
    readonly size: number
    readonly tdz: ReadonlyArray<number>
    readonly exc: Address
    readonly b: Statement
    readonly r?: SlotRange
  }
  readonly f?: Statement
  readonly fr?: SlotRange
  readonly p: number
}
export type SlotRange = readonly [from: number, to: number]
/** A labelled statement that is not a loop, or the outside of a loop for `break label`. */
export interface Lbl extends Slots {
  readonly t: "Lbl"
  readonly l: string
  readonly b: Statement
}
export interface Brk {
  readonly t: "Brk"
  readonly l?: string
}
export interface Cnt {
  readonly t: "Cnt"
  readonly l?: string
}

export type Statement =
  | Blk
  | ScopeStatement
  | Ex
  | Ret
  | Throw
  | If
  | For
  | While
  | Do
  | ForOf
  | Switch
  | Try
  | Lbl
  | Brk
  | Cnt

/** How many slots a resumable statement owns, from `s` on; see `Expression.slotsOf`. */
export const slotsOfStatement = (node: Statement): number => {
  switch (node.t) {
    case "Blk":
    case "If":
    case "While":
    case "Do":
      return 1
    case "Scope":
    case "For":
      return 2
    case "Try":
    case "Switch":
      return 4
    case "ForOf":
    case "ForIn":
      return 5
    default:
      return 0
  }
}
