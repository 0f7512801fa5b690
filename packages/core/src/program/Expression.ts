/**
 * The expressions of a program: data, one kind per `t`, evaluated by the machine.
 *
 * Field names are short because programs are stored and hashed. A node that can
 * suspend (it contains an `await` or `yield` of its own function) has `s`, the
 * first of the slots that it owns in its frame; a node without `s` never
 * suspends. `p` is an index into the program's position table.
 *
 * @since 0.1.0
 */

/** First slot in the frame; absent when the node cannot suspend. */
export interface Slots {
  readonly s?: number
}

/** A variable: `d` environments up from the current one, at index `i` (index 0 is the parent). */
export interface Address {
  readonly d: number
  readonly i: number
}

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "**"
  | "=="
  | "!="
  | "==="
  | "!=="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>"
  | "in"
  | "instanceof"

export type UnaryOperator = "!" | "-" | "+" | "~" | "typeof" | "void"

export type LogicalOperator = "&&" | "||" | "??"

/** A finite number (not -0), string, boolean or null. */
export interface Lit {
  readonly t: "Lit"
  readonly v: string | number | boolean | null
}
export interface Undef {
  readonly t: "Undef"
}
/** A BigInt literal as decimal text. */
export interface Big {
  readonly t: "Big"
  readonly v: string
}
export interface Re {
  readonly t: "Re"
  readonly v: string
  readonly f: string
  readonly p: number
}
/** An elided element of an array literal. */
export interface Hole {
  readonly t: "Hole"
}

/** Reads a variable; `z`: it may be in its temporal dead zone. */
export interface Var extends Address {
  readonly t: "Var"
  readonly n: string
  readonly z?: 1
  readonly p?: number
}
/** Writes a variable. `z`: check the dead zone first; `c`: a constant, so evaluate, then throw. Initialisations have neither. */
export interface SetVar extends Address, Slots {
  readonly t: "Set"
  readonly n: string
  readonly e: Expression
  readonly z?: 1
  readonly c?: 1
  readonly p?: number
}
/** `x++`, `--x`; `by` is 1 or -1, `pre` when the new value is the result. */
export interface Upd extends Address {
  readonly t: "Upd"
  readonly n: string
  readonly by: 1 | -1
  readonly pre?: 1
  readonly z?: 1
  readonly c?: 1
  readonly pr?: number
  readonly p?: number
}

/** Argument `i` of the current call, `RestArg` all from `i` on, `Args` the (unmapped) arguments object. */
export interface Arg {
  readonly t: "Arg"
  readonly i: number
}
export interface RestArg {
  readonly t: "RestArg"
  readonly i: number
}
export interface Args {
  readonly t: "Args"
}
export interface This {
  readonly t: "This"
  readonly p: number
}
export interface NewTarget {
  readonly t: "NewTarget"
}

/** A global of the allow-list, by name. `typeof` of an unknown global is lowered to a literal. */
export interface Glob {
  readonly t: "Glob"
  readonly n: string
  readonly p?: number
}
/**
 * A name that nobody declares, in a file that no type checker reads: a `ReferenceError` when it
 * is reached, also on later machines that have a global of that name.
 */
export interface Undeclared {
  readonly t: "Undeclared"
  readonly n: string
  readonly p: number
}
/** An export of `@rappel/core` that the machine implements: `sleep`, `waitFor`, `workflow` and such. */
export interface Core {
  readonly t: "Core"
  readonly n: string
}
/** An action, as a first-class value; `a` indexes `Program.actions`. */
export interface Act {
  readonly t: "Act"
  readonly a: number
}
/** A live binding of another module of the program: export `x` of module `m`. */
export interface Imp {
  readonly t: "Imp"
  readonly m: number
  readonly x: string
  readonly p?: number
}
/** A module namespace object (`import * as ns`), used as a value. */
export interface Ns {
  readonly t: "Ns"
  readonly m: number
}

/** A new closure of function `f` over the current environment. */
export interface Fn {
  readonly t: "Fn"
  readonly f: number
}
/**
 * A class. `ext` is the heritage expression; `keys` are computed member keys in
 * source order. `size` > 0: the class scope has an environment of that size,
 * created before `ext` is evaluated. `self` is where the inner name is stored (an
 * address inside the class scope) and `tdz` what starts uninitialised there.
 */
export interface ClassExpression extends Slots {
  readonly t: "Class"
  readonly c: number
  readonly ext?: Expression
  readonly keys: ReadonlyArray<Expression>
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  readonly self?: Address
  readonly p: number
}

export interface Un extends Slots {
  readonly t: "Un"
  readonly op: UnaryOperator
  readonly e: Expression
  readonly p?: number
}
export interface Bin extends Slots {
  readonly t: "Bin"
  readonly op: BinaryOperator
  readonly l: Expression
  readonly r: Expression
  readonly p: number
  /** Source text of the right side, for `instanceof` and `in` messages. */
  readonly n?: string
}
export interface Log extends Slots {
  readonly t: "Log"
  readonly op: LogicalOperator
  readonly l: Expression
  readonly r: Expression
}
/** `e`, or `d` when `e` is undefined: defaults of parameters and patterns. */
export interface Dflt extends Slots {
  readonly t: "Dflt"
  readonly e: Expression
  readonly d: Expression
}
export interface Cond extends Slots {
  readonly t: "Cond"
  readonly c: Expression
  readonly a: Expression
  readonly b: Expression
}
/** All of `l` in order; the value of the last. */
export interface Seq extends Slots {
  readonly t: "Seq"
  readonly l: ReadonlyArray<Expression>
}

/** Throws V8's "Cannot destructure …" when `e` is null or undefined. `n`: source text, `k`: first property. */
export interface ReqObj {
  readonly t: "ReqObj"
  readonly e: Expression
  readonly n?: string
  readonly k?: string
  readonly p: number
}
/** A value as the key of a property: an object is converted now, and once. */
export interface Key {
  readonly t: "Key"
  readonly e: Expression
  readonly p: number
}
/** A copy of `e` without the keys `k`: `{ a, ...rest }`. */
export interface ObjRest {
  readonly t: "ObjRest"
  readonly e: Expression
  readonly k: ReadonlyArray<Expression>
  readonly p?: number
}
/**
 * An array pattern: iterates `e`; each element is stored in the temporary `item`
 * and then bound by `b`. The iterator is closed when the pattern ends before it,
 * also by an exception of a binding. `pre`, where the target's object has effects,
 * is evaluated before the iterator's step (and its exception closes the iterator
 * too). Two own slots: phase, iterator record. An element's `p` is where its step is,
 * `pc` where the iterator is closed.
 */
export interface ArrPat extends Slots {
  readonly t: "ArrPat"
  readonly e: Expression
  readonly item: Address
  readonly n?: string
  readonly it?: Hint
  readonly p: number
  readonly pc?: number
  readonly a: ReadonlyArray<
    | {
      readonly k: "item" | "rest"
      readonly b: Expression
      readonly pre?: Expression
      readonly p?: number
    }
    | { readonly k: "hole"; readonly p?: number }
  >
}

/** The `super` of a method: only as object of `Get`, `SetM`, `CallM`, `OpM`, `UpdM`. */
export interface Super {
  readonly t: "Super"
}
/** A private name: reads the key object that the class put into its environment. Only as key (`k`). */
export interface Priv extends Address {
  readonly t: "Priv"
  readonly n: string
}
/** `#x in e`. */
export interface PrivIn extends Slots {
  readonly t: "PrivIn"
  readonly k: Priv
  readonly e: Expression
  readonly p: number
}

/** `o[k]`. `opt`: `o?.[k]`; `ch`: inside an optional chain, so a skipped object skips this too. */
export interface Get extends Slots {
  readonly t: "Get"
  readonly o: Expression
  readonly k: Expression
  readonly opt?: 1
  readonly ch?: 1
  readonly p: number
}
export interface SetM extends Slots {
  readonly t: "SetM"
  readonly o: Expression
  readonly k: Expression
  readonly e: Expression
  readonly p: number
}
/** `o[k] op= e`. */
export interface OpM extends Slots {
  readonly t: "OpM"
  readonly op: BinaryOperator
  readonly o: Expression
  readonly k: Expression
  readonly e: Expression
  readonly pr?: number
  readonly po?: number
  readonly p: number
}
/** `o[k] &&= e` and so on: reads, and writes only when the operator goes on to the right side. */
export interface LogM extends Slots {
  readonly t: "LogM"
  readonly op: LogicalOperator
  readonly o: Expression
  readonly k: Expression
  readonly e: Expression
  readonly pr?: number
  readonly p: number
}
export interface UpdM extends Slots {
  readonly t: "UpdM"
  readonly o: Expression
  readonly k: Expression
  readonly by: 1 | -1
  readonly pre?: 1
  readonly pr?: number
  readonly p: number
}
export interface Del extends Slots {
  readonly t: "Del"
  readonly o: Expression
  readonly k: Expression
  readonly opt?: 1
  readonly ch?: 1
  readonly p: number
}

/** A template: `q` has one element more than `a`. */
export interface Tpl extends Slots {
  readonly t: "Tpl"
  readonly q: ReadonlyArray<string>
  readonly a: ReadonlyArray<Expression>
  readonly ps?: ReadonlyArray<number>
  readonly p: number
}
/** The strings object of a tagged template; one object per site and instance. Cooked parts may be undefined (null here). */
export interface TplObj {
  readonly t: "TplObj"
  readonly id: number
  readonly c: ReadonlyArray<string | null>
  readonly w: ReadonlyArray<string>
}
export interface Arr extends Slots {
  readonly t: "Arr"
  readonly a: ReadonlyArray<Expression>
  readonly p: number
}
export interface Spread {
  readonly t: "Spread"
  readonly e: Expression
  readonly n?: string
  readonly it?: Hint
  readonly p: number
}
/** `v` property, `m` method, `get`/`set` accessor, `spread`, `proto` (`__proto__: e`). Evaluated in order. */
export interface ObjProperty {
  readonly kind: "v" | "m" | "get" | "set" | "spread" | "proto"
  readonly k?: Expression
  readonly e: Expression
  readonly p?: number
}
export interface Obj extends Slots {
  readonly t: "Obj"
  readonly ps: ReadonlyArray<ObjProperty>
  readonly p: number
}

/**
 * What V8's message says of a text: 1 a call whose value is iterated, 2 the same with `await`,
 * 3 what is iterated, 4 the same with `await`, 5 what an object pattern takes apart. Without it
 * the text is that of a value that was met on the way.
 */
export type Hint = 1 | 2 | 3 | 4 | 5

/** A call of a value; `n` is the callee's source text, for messages. */
export interface Call extends Slots {
  readonly t: "Call"
  readonly f: Expression
  readonly a: ReadonlyArray<Expression>
  readonly n?: string
  readonly opt?: 1
  readonly ch?: 1
  readonly it?: Hint
  readonly p: number
}
/** A method call. `opt`: `o?.k()`, `copt`: `o.k?.()`. `pk`: where the method is read, if not at `p`. */
export interface CallM extends Slots {
  readonly t: "CallM"
  readonly o: Expression
  readonly k: Expression
  readonly a: ReadonlyArray<Expression>
  readonly n?: string
  readonly opt?: 1
  readonly copt?: 1
  readonly ch?: 1
  readonly it?: Hint
  readonly p: number
  readonly pk?: number
}
/** The whole of an optional chain: turns "skipped" into undefined. */
export interface Chain extends Slots {
  readonly t: "Chain"
  readonly e: Expression
}
export interface New extends Slots {
  readonly t: "New"
  readonly f: Expression
  readonly a: ReadonlyArray<Expression>
  readonly n?: string
  readonly p: number
}
export interface SuperCall extends Slots {
  readonly t: "SuperCall"
  readonly a: ReadonlyArray<Expression>
  readonly p: number
}

export interface Await extends Slots {
  readonly t: "Await"
  readonly e: Expression
  readonly p: number
}
export interface Yield extends Slots {
  readonly t: "Yield"
  readonly e: Expression
  readonly p: number
}
export interface YieldStar extends Slots {
  readonly t: "YieldStar"
  readonly e: Expression
  readonly n?: string
  readonly it?: Hint
  readonly pn?: number
  readonly p: number
}

export type Expression =
  | Lit
  | Undef
  | Big
  | Re
  | Hole
  | Var
  | SetVar
  | Upd
  | Arg
  | RestArg
  | Args
  | This
  | NewTarget
  | Glob
  | Undeclared
  | Core
  | Act
  | Imp
  | Ns
  | Fn
  | ClassExpression
  | Un
  | Bin
  | Log
  | Dflt
  | Cond
  | Seq
  | ReqObj
  | Key
  | ObjRest
  | ArrPat
  | Super
  | Priv
  | PrivIn
  | Get
  | SetM
  | OpM
  | LogM
  | UpdM
  | Del
  | Tpl
  | TplObj
  | Arr
  | Spread
  | Obj
  | Call
  | CallM
  | Chain
  | New
  | SuperCall
  | Await
  | Yield
  | YieldStar

/**
 * How many slots a resumable node owns, from `s` on. The lowering allocates by
 * this table and the machine relies on it; children allocate their own, before
 * their parent.
 *
 * A node that caches n operands owns n + 1: the number of operands done, then
 * their values. Nodes that only pass a suspension on own none, and their `s`
 * then only marks them as resumable.
 */
export const slotsOf = (node: Expression): number => {
  switch (node.t) {
    case "Set":
    case "Un":
    case "Chain":
      return 0
    case "Await":
    case "Yield":
    case "Log":
    case "Dflt":
    case "Cond":
    case "Seq":
      return 1
    case "PrivIn":
      return 2
    case "ArrPat":
      return 2
    case "YieldStar":
      return 2
    case "Bin":
    case "Get":
    case "UpdM":
    case "Del":
      return 3
    case "SetM":
      return 4
    case "OpM":
    case "LogM":
      return 5
    case "Tpl":
    case "Arr":
    case "SuperCall":
      return node.a.length + 1
    case "Obj":
      return 2 * node.ps.length + 2
    case "Call":
    case "New":
      return node.a.length + 2
    case "CallM":
      return node.a.length + 4
    case "Class":
      return node.keys.length + 3
    default:
      return 0
  }
}
