/**
 * The immutable graph that one workflow compiles to.
 *
 * A program is plain JSON: it is hashed (sha-256 of its canonical JSON), stored
 * in the database and stepped by the machine of any later release. Positions
 * stand beside it, so that comments and blank lines do not change the hash.
 *
 * @since 0.1.0
 */
import type { Policy } from "../machine/Model.ts"
import type { Expression } from "./Expression.ts"
import type { Statement } from "./Statement.ts"

/** The newest program format that this release writes and reads. */
export const FORMAT = 1

/** What a function is: only the last three suspend. */
export type FunctionKind = "sync" | "async" | "generator" | "asyncGenerator"

export interface FunctionNode {
  /** The `name` property; "" for none. */
  readonly n: string
  /** What stacks call it when it has none. */
  readonly dn?: string
  readonly k: FunctionKind
  /** An arrow: `this`, `super`, `arguments` and `new.target` are those outside. */
  readonly arrow?: 1
  /** A method, accessor or initialiser: no `prototype`, cannot be constructed. */
  readonly method?: 1
  /** `constructor` of a derived class: `this` is unset until `SuperCall`. */
  readonly derived?: 1
  /** The `length` property. */
  readonly len: number
  /** Size of its environment, the parent link at index 0 included. */
  readonly size: number
  readonly tdz: ReadonlyArray<number>
  /** Index in its environment where a named function expression finds itself. */
  readonly self?: number
  /** Number of slots of its frame; 0 for sync functions. */
  readonly slots: number
  /** Names of the variables by index, for inspection; temporaries are "". */
  readonly names: ReadonlyArray<string>
  /**
   * Of a generator: how many of the body's first statements bind parameters. They run when it
   * is called, the rest when it is first asked for a value. Absent for none.
   */
  readonly heads?: number
  /** Parameters are bound by the first statements of the body, from `Arg` and `RestArg`. */
  readonly body: Statement
  readonly p: number
}

/** A key of a class member: literal text, a private name, or the computed key `ck` of the `Class` expression. */
export type MemberKey =
  | { readonly lit: string }
  | { readonly priv: string; readonly i: number }
  | { readonly ck: number }

export interface ClassMember {
  readonly kind: "method" | "get" | "set" | "field" | "block"
  readonly st?: 1
  /** Absent for static blocks. */
  readonly key?: MemberKey
  /** The function; of a field the initialiser (a method that returns the value), absent for none. */
  readonly f?: number
}

export interface ClassNode {
  readonly n: string
  /** What stacks call its constructor when it has none. */
  readonly dn?: string
  /** Module index and export name, when the class is exported: its identity on the wire. */
  readonly m: number
  readonly x?: string
  readonly ext?: 1
  /** The function of the constructor, if written; parameter properties are lowered into its body. */
  readonly ctor?: number
  /** All members in source order. */
  readonly members: ReadonlyArray<ClassMember>
  /** Private names and where their key objects live in the class's environment. */
  readonly privates: ReadonlyArray<{ readonly n: string; readonly i: number }>
  readonly p: number
}

export interface ModuleNode {
  /** Relative to the project root, with forward slashes and the source's extension: `src/greeting.ts`. */
  readonly file: string
  /** The sync function that initialises the bindings that the workflow reaches. */
  readonly f: number
  /** Modules to initialise before, in import order. */
  readonly imports: ReadonlyArray<number>
  /** Exported name → index in the module's environment, or a re-export. */
  readonly exports: Readonly<Record<string, number | { readonly m: number; readonly x: string }>>
}

export interface ActionNode {
  /** `src/greeting.ts#fetchUser`, or the name given to `action({ name })`. */
  readonly id: string
  /** Declared parameters without a rest; arguments beyond are trimmed unless `rest`. */
  readonly params: number
  readonly rest?: 1
  /** The policy of `action({ retry, timeout }, …)`, where it is written as literals. */
  readonly policy?: Policy
  /** Where the function is found by default: module relative to the project root, and export. */
  readonly file: string
  readonly x: string
  /** An implicit step: its code travels with the program. Absent for actions of the project. */
  readonly step?: StepNode
}

/**
 * The code of an implicit step: an expression of the workflow that uses packages, as JavaScript.
 *
 * It is a function of the values that the expression needs, in a scope with the packages'
 * exports and with the constants and functions of the project that it mentions.
 */
export interface StepNode {
  readonly imports: ReadonlyArray<{
    /** What the code calls it. */
    readonly n: string
    readonly from: string
    /** The export; "*" is the whole namespace. */
    readonly x: string
    /** The module that imports it, from where its package is looked for. */
    readonly file: string
  }>
  /** Declarations before the function, which each process evaluates once. */
  readonly setup: string
  /** The function. */
  readonly code: string
  /** The expression as it was written, for messages. */
  readonly n: string
  /**
   * The workflow takes its value at once, so it must not be a promise. 2: the function itself is
   * async, and gives the value in an array of one.
   */
  readonly held?: 1 | 2
}

export interface Program {
  readonly format: typeof FORMAT
  /** The workflow's name: its export name unless given. */
  readonly name: string
  /** Export `x` of module `m`: a `workflow(...)` or a class that extends `Workflow`. */
  readonly entry: { readonly m: number; readonly x: string }
  readonly modules: ReadonlyArray<ModuleNode>
  readonly functions: ReadonlyArray<FunctionNode>
  readonly classes: ReadonlyArray<ClassNode>
  readonly actions: ReadonlyArray<ActionNode>
}

/** Where the nodes stand: `p` → [module, line, column], lines and columns from 1. Not hashed. */
export type Positions = ReadonlyArray<readonly [module: number, line: number, column: number]>

/** A program as it is stored and loaded. */
export interface ProgramFile {
  readonly hash: string
  readonly program: Program
  readonly positions: Positions
}

export type { Expression, Statement }
