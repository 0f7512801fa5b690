/**
 * What the names at the top level of a program's modules stand for.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { Program } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"

/** The value that a name is declared with, and the module that its own names belong to. */
export interface Declared {
  readonly node: Expression
  readonly module: number
}

/** A function and the module that its names belong to. */
export interface Found {
  readonly f: number
  readonly module: number
}

/** A class, whose methods `this.name()` calls. */
export interface Self {
  readonly c: number
  readonly module: number
}

/** The statements of a function's body. */
export const bodyOf = (
  body: Statement
): ReadonlyArray<Statement> => (body.t === "Blk" ? body.b : [body])

export class Declarations {
  readonly #program: Program

  constructor(program: Program) {
    this.#program = program
  }

  /** A method of a class, or of one that it extends. */
  method({ c, module }: Self, name: string): Found | undefined {
    const member = this.#program.classes[c]?.members.find((each) =>
      each.st !== 1 && each.key !== undefined && "lit" in each.key && each.key.lit === name
    )
    if (member?.f !== undefined) return { f: member.f, module }
    const parent = this.#classes().find((each) => each.c === c)?.ext
    const value = parent?.t === "Imp"
      ? this.exported(parent.m, parent.x)
      : parent?.t === "Var"
      ? this.topLevel(module, parent.n)
      : undefined
    return value?.node.t === "Class"
      ? this.method({ c: value.node.c, module: value.module }, name)
      : undefined
  }

  /** The class expressions at the top level of all modules. */
  #classes(): ReadonlyArray<Expression & { readonly t: "Class" }> {
    return this.#program.modules.flatMap((_, m) =>
      this.#assignments(m).flatMap((each) => (each.e.t === "Class" ? [each.e] : []))
    )
  }

  exported(m: number, x: string): Declared | undefined {
    const to = this.#program.modules[m]?.exports[x]
    if (to === undefined) return undefined
    if (typeof to !== "number") return this.exported(to.m, to.x)
    const found = this.#assignments(m).find((each) => each.i === to)
    return found === undefined ? undefined : { node: found.e, module: m }
  }

  topLevel(m: number, name: string): Declared | undefined {
    const found = this.#assignments(m).find((each) => each.n === name)
    return found === undefined ? undefined : { node: found.e, module: m }
  }

  /** What a module's function assigns to the module's names. */
  #assignments(m: number): ReadonlyArray<Expression & { readonly t: "Set" }> {
    const module = this.#program.modules[m]
    const fn = module === undefined ? undefined : this.#program.functions[module.f]
    return fn === undefined ?
      [] :
      bodyOf(fn.body).flatMap((each) =>
        each.t === "Ex" && each.e.t === "Set" && each.e.d === 0 ? [each.e] : []
      )
  }
}
