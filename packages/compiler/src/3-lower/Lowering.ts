/**
 * What every lowering function works with: the scope and frame that it is in, the
 * program under construction, and where findings go.
 *
 * Slots are handed out children before parent, as `slotsOf` says; a node gets
 * some only if one of its children can suspend.
 *
 * @since 0.1.0
 */
import type { Address, Expression } from "@rappel/core/program/Expression"
import { slotsOf } from "@rappel/core/program/Expression"
import type { FunctionKind } from "@rappel/core/program/Program"
import type { Statement } from "@rappel/core/program/Statement"
import { slotsOfStatement } from "@rappel/core/program/Statement"
import type { Module, Modules } from "../2-analyze/Modules.ts"
import type { Reached, ReachedModule } from "../2-analyze/reach.ts"
import type { Scope } from "../2-analyze/Scope.ts"
import type { FunctionSyntax } from "../2-analyze/syntaxKinds.ts"
import type { Finding } from "../diagnostics/Diagnostic.ts"
import type ts from "../typescript.ts"
import type { Output } from "./Output.ts"

/** The function that is being lowered. */
export interface Frame {
  readonly kind: FunctionKind
  /** Undefined for the function that initialises a module. */
  readonly node: ts.Node | undefined
  readonly scope: Scope
  readonly outer: Frame | undefined
  slots: number
}

/** How a name or pattern is written: at its declaration, or later. */
export type Writing = "initialise" | "assign"

/** Where a pattern's value comes from, for V8's messages. */
export interface Origin {
  /** The value's source text as V8 prints it; absent when V8 has none. */
  readonly text?: string
  /** The expression itself, when there is one. */
  readonly node?: ts.Expression
  readonly isParameter?: true
  readonly isNested?: true
}

/** The lowering functions of all kinds, so that the files of single kinds need not import each other. */
export interface Kinds {
  readonly expression: (l: Lowering, node: ts.Expression, name: string | undefined) => Expression
  readonly statement: (
    l: Lowering,
    node: ts.Statement,
    labels: ReadonlyArray<string>
  ) => ReadonlyArray<Statement>
  readonly functionLike: (
    l: Lowering,
    node: FunctionSyntax,
    options: { readonly name?: string; readonly isDerived?: boolean }
  ) => number
  readonly classLike: (
    l: Lowering,
    node: ts.ClassLikeDeclaration,
    name: string | undefined
  ) => Expression
  readonly bind: (
    l: Lowering,
    target: ts.Node,
    value: Expression,
    writing: Writing,
    origin: Origin
  ) => ReadonlyArray<Expression>
}

/** A place for an intermediate value. */
export interface Temporary {
  readonly home: Scope
  readonly index: number
}

export interface Surroundings {
  readonly kinds: Kinds
  readonly modules: Modules
  readonly reached: Reached
  readonly output: Output
  readonly report: (finding: Finding) => void
}

/**
 * The state of one lowering: a cursor over one module's syntax.
 *
 * @since 0.1.0
 * @category models
 */
export class Lowering {
  readonly kinds: Kinds
  readonly modules: Modules
  readonly reached: Reached
  readonly output: Output
  readonly report: (finding: Finding) => void
  readonly here: ReachedModule
  scope: Scope
  frame: Frame
  /** The call that the present unit consists of: the only place for `workflow(…)`. */
  topCall: ts.Node | undefined = undefined

  constructor(around: Surroundings, here: ReachedModule) {
    this.kinds = around.kinds
    this.modules = around.modules
    this.reached = around.reached
    this.output = around.output
    this.report = around.report
    this.here = here
    this.scope = here.scope
    this.frame = { kind: "sync", node: undefined, scope: here.scope, outer: undefined, slots: 0 }
  }

  get module(): Module {
    return this.here.module
  }

  // ---- recursion

  /** Lowers an expression; `name` is what an anonymous function there is called. */
  expression(node: ts.Expression, name?: string): Expression {
    return this.kinds.expression(this, node, name)
  }

  statement(node: ts.Statement, labels: ReadonlyArray<string> = []): ReadonlyArray<Statement> {
    return this.kinds.statement(this, node, labels)
  }

  within<A>(scope: Scope, lower: () => A): A {
    const outside = this.scope
    this.scope = scope
    try {
      return lower()
    } finally {
      this.scope = outside
    }
  }

  /** Lowers the inside of a function in a frame of its own. */
  inFrame<A>(kind: FunctionKind, node: ts.Node, scope: Scope, lower: (frame: Frame) => A): A {
    const outside = this.frame
    this.frame = { kind, node, scope, outer: outside, slots: 0 }
    try {
      return this.within(scope, () => lower(this.frame))
    } finally {
      this.frame = outside
    }
  }

  // ---- nodes

  /** Takes `count` slots of the present frame. */
  takeSlots(count: number): number {
    const first = this.frame.slots
    this.frame.slots += count
    return first
  }

  /** Gives an expression its slots if one of its children can suspend, or if it does itself. */
  node<Node extends Expression>(
    node: Node,
    children: ReadonlyArray<Expression | undefined>,
    suspendsItself = false
  ): Node {
    return suspendsItself || children.some(suspends)
      ? { ...node, s: this.takeSlots(slotsOf(node)) }
      : node
  }

  /** As `node`, for statements. */
  statementNode<Node extends Statement>(
    node: Node,
    children: ReadonlyArray<Expression | Statement | undefined>,
    suspendsItself = false
  ): Node {
    return suspendsItself || children.some(suspends)
      ? { ...node, s: this.takeSlots(slotsOfStatement(node)) }
      : node
  }

  evaluate(expression: Expression): Statement {
    return this.statementNode({ t: "Ex", e: expression }, [expression])
  }

  block(statements: ReadonlyArray<Statement>): Statement {
    const [only] = statements
    return statements.length === 1 && only !== undefined
      ? only
      : this.statementNode({ t: "Blk", b: statements }, statements)
  }

  sequence(expressions: ReadonlyArray<Expression>): Expression {
    const [only] = expressions
    if (expressions.length === 1 && only !== undefined) return only
    return this.node({ t: "Seq", l: expressions }, expressions)
  }

  // ---- positions

  /** The index of a position in the program's table. */
  position(node: ts.Node): number {
    return this.positionAt(node.getStart(this.module.syntax.source.syntax))
  }

  positionAt(offset: number): number {
    const { character, line } = this.module.syntax.source.syntax
      .getLineAndCharacterOfPosition(offset)
    return this.output.position(this.here.index, line + 1, character + 1)
  }

  // ---- temporaries

  temporary(): Temporary {
    const home = this.scope.home()
    return { home, index: home.allocate("") }
  }

  addressOf(place: Temporary): Address {
    return { d: this.scope.depthTo(place.home), i: place.index }
  }

  readTemporary(place: Temporary): Expression {
    return { t: "Var", ...this.addressOf(place), n: "" }
  }

  writeTemporary(place: Temporary, value: Expression): Expression {
    return this.node({ t: "Set", ...this.addressOf(place), n: "", e: value }, [value])
  }

  /**
   * Forgets a temporary where the frame may be stored later: an instance that waits
   * for days must not carry a value that nothing reads any more.
   */
  clear(places: ReadonlyArray<Temporary>): ReadonlyArray<Expression> {
    return this.frame.kind === "sync"
      ? []
      : places.map((place) => this.writeTemporary(place, { t: "Undef" }))
  }
}

/** Whether evaluating a node may suspend its function. */
export const suspends = (node: Expression | Statement | undefined): boolean =>
  node !== undefined &&
  (node.t === "Spread" ? suspends(node.e) : "s" in node && node.s !== undefined)
