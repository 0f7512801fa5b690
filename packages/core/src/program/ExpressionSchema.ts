/**
 * The expressions and statements of a program as schemas, for what comes from outside.
 *
 * `Expression.ts` and `Statement.ts` say what the kinds mean; here stands only what they are
 * made of, and the compiler holds both to be the same.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Expression, Priv } from "./Expression.ts"
import type { Statement } from "./Statement.ts"

const { Literal, NonNegativeInt: Index, String: Text } = Schema
const flag = Schema.optionalWith(Literal(1), { exact: true })
const maybeText = Schema.optionalWith(Text, { exact: true })
const maybeIndex = Schema.optionalWith(Index, { exact: true })

/** First slot, for kinds that may suspend. */
const s = { s: maybeIndex }
const p = { p: Index }
const address = { d: Index, i: Index }

const Address = Schema.Struct(address)
const expression: Schema.Schema<Expression> = Schema.suspend(() => ExpressionSchema)
const statement: Schema.Schema<Statement> = Schema.suspend(() => StatementSchema)
const maybeExpression = Schema.optionalWith(expression, { exact: true })
const maybeStatement = Schema.optionalWith(statement, { exact: true })
const expressions = Schema.Array(expression)
const statements = Schema.Array(statement)
const indices = Schema.Array(Index)
const labels = Schema.Array(Text)
const slotRange = Schema.optionalWith(Schema.Tuple(Index, Index), { exact: true })

const node = <T extends string, Fields extends Schema.Struct.Fields>(t: T, fields: Fields) =>
  Schema.Struct({ t: Literal(t), ...fields })

const BinaryOperator = Literal(
  ...["+", "-", "*", "/", "%", "**", "==", "!=", "===", "!==", "<", "<=", ">", ">="] as const,
  ...["&", "|", "^", "<<", ">>", ">>>", "in", "instanceof"] as const
)
const LogicalOperator = Literal("&&", "||", "??")
const hint = Schema.optionalWith(Literal(1, 2, 3, 4, 5), { exact: true })
const by = { by: Literal(1, -1), pre: flag }

const PrivSchema: Schema.Schema<Priv> = node("Priv", { ...address, n: Text })

const expressionNodes = Schema.Union(
  node("Lit", { v: Schema.Union(Text, Schema.JsonNumber, Schema.Boolean, Schema.Null) }),
  node("Undef", {}),
  node("Big", { v: Text }),
  node("Re", { v: Text, f: Text, ...p }),
  node("Hole", {}),
  node("Var", { ...address, n: Text, z: flag, p: maybeIndex }),
  node("Set", { ...address, ...s, n: Text, e: expression, z: flag, c: flag, p: maybeIndex }),
  node("Upd", { ...address, ...by, n: Text, z: flag, c: flag, pr: maybeIndex, p: maybeIndex }),
  node("Arg", { i: Index }),
  node("RestArg", { i: Index }),
  node("Args", {}),
  node("This", { ...p }),
  node("NewTarget", {}),
  node("Glob", { n: Text, p: maybeIndex }),
  node("Undeclared", { n: Text, ...p }),
  node("Core", { n: Text }),
  node("Act", { a: Index }),
  node("Imp", { m: Index, x: Text, p: maybeIndex }),
  node("Ns", { m: Index }),
  node("Fn", { f: Index }),
  node("Class", {
    ...s,
    ...p,
    c: Index,
    ext: maybeExpression,
    keys: expressions,
    size: Index,
    tdz: indices,
    self: Schema.optionalWith(Address, { exact: true })
  }),
  node("Un", {
    ...s,
    op: Literal("!", "-", "+", "~", "typeof", "void"),
    e: expression,
    p: maybeIndex
  }),
  node("Bin", { ...s, ...p, op: BinaryOperator, l: expression, r: expression, n: maybeText }),
  node("Log", { ...s, op: LogicalOperator, l: expression, r: expression }),
  node("Dflt", { ...s, e: expression, d: expression }),
  node("Cond", { ...s, c: expression, a: expression, b: expression }),
  node("Seq", { ...s, l: expressions }),
  node("ReqObj", { ...p, e: expression, n: maybeText, k: maybeText }),
  node("Key", { ...p, e: expression }),
  node("ObjRest", { e: expression, k: expressions, p: maybeIndex }),
  node("ArrPat", {
    ...s,
    ...p,
    e: expression,
    item: Address,
    n: maybeText,
    it: hint,
    pc: maybeIndex,
    a: Schema.Array(Schema.Union(
      Schema.Struct({
        k: Literal("item", "rest"),
        b: expression,
        pre: maybeExpression,
        p: maybeIndex
      }),
      Schema.Struct({ k: Literal("hole"), p: maybeIndex })
    ))
  }),
  node("Super", {}),
  PrivSchema,
  node("PrivIn", { ...s, ...p, k: PrivSchema, e: expression }),
  node("Get", { ...s, ...p, o: expression, k: expression, opt: flag, ch: flag }),
  node("SetM", { ...s, ...p, o: expression, k: expression, e: expression }),
  node("OpM", {
    ...s,
    ...p,
    op: BinaryOperator,
    o: expression,
    k: expression,
    e: expression,
    pr: maybeIndex,
    po: maybeIndex
  }),
  node("LogM", {
    ...s,
    ...p,
    op: LogicalOperator,
    o: expression,
    k: expression,
    e: expression,
    pr: maybeIndex
  }),
  node("UpdM", { ...s, ...p, ...by, o: expression, k: expression, pr: maybeIndex }),
  node("Del", { ...s, ...p, o: expression, k: expression, opt: flag, ch: flag }),
  node("Tpl", {
    ...s,
    ...p,
    q: Schema.Array(Text),
    a: expressions,
    ps: Schema.optionalWith(indices, { exact: true })
  }),
  node("TplObj", { id: Index, c: Schema.Array(Schema.NullOr(Text)), w: Schema.Array(Text) }),
  node("Arr", { ...s, ...p, a: expressions }),
  node("Spread", { ...p, e: expression, n: maybeText, it: hint }),
  node("Obj", {
    ...s,
    ...p,
    ps: Schema.Array(Schema.Struct({
      kind: Literal("v", "m", "get", "set", "spread", "proto"),
      k: maybeExpression,
      e: expression,
      p: maybeIndex
    }))
  }),
  node("Call", {
    ...s,
    ...p,
    f: expression,
    a: expressions,
    n: maybeText,
    opt: flag,
    ch: flag,
    it: hint
  }),
  node("CallM", {
    ...s,
    ...p,
    o: expression,
    k: expression,
    a: expressions,
    n: maybeText,
    opt: flag,
    copt: flag,
    ch: flag,
    it: hint,
    pk: maybeIndex
  }),
  node("Chain", { ...s, e: expression }),
  node("New", { ...s, ...p, f: expression, a: expressions, n: maybeText }),
  node("SuperCall", { ...s, ...p, a: expressions }),
  node("Await", { ...s, ...p, e: expression }),
  node("Yield", { ...s, ...p, e: expression }),
  node("YieldStar", { ...s, ...p, e: expression, n: maybeText, it: hint, pn: maybeIndex })
)

/**
 * @since 0.1.0
 * @category schemas
 */
export const ExpressionSchema: Schema.Schema<Expression> = expressionNodes

const scope = { size: Index, tdz: indices }

const statementNodes = Schema.Union(
  node("Blk", { ...s, b: statements }),
  node("Scope", { ...s, ...scope, b: statement }),
  node("Ex", { ...s, e: expression }),
  node("Ret", { ...s, ...p, e: expression }),
  node("Throw", { ...s, ...p, e: expression }),
  node("If", { ...s, ...p, c: expression, a: statement, b: maybeStatement }),
  node("For", {
    ...s,
    ...p,
    ...scope,
    init: statement,
    c: maybeExpression,
    u: maybeExpression,
    b: statement,
    L: labels
  }),
  node("While", { ...s, ...p, c: expression, b: statement, L: labels }),
  node("Do", { ...s, ...p, b: statement, c: expression, L: labels }),
  Schema.Struct({
    t: Literal("ForOf", "ForIn"),
    ...s,
    ...p,
    ...scope,
    e: expression,
    item: Address,
    bind: statement,
    b: statement,
    L: labels,
    aw: flag,
    n: maybeText,
    it: hint,
    pn: maybeIndex,
    pc: maybeIndex
  }),
  node("Switch", {
    ...s,
    ...p,
    ...scope,
    d: expression,
    fns: statements,
    cs: Schema.Array(Schema.Struct({ e: maybeExpression, b: statement }))
  }),
  node("Try", {
    ...s,
    ...p,
    b: statement,
    br: slotRange,
    c: Schema.optionalWith(
      Schema.Struct({ ...scope, exc: Address, b: statement, r: slotRange }),
      { exact: true }
    ),
    f: maybeStatement,
    fr: slotRange
  }),
  node("Lbl", { ...s, l: Text, b: statement }),
  node("Brk", { l: maybeText }),
  node("Cnt", { l: maybeText })
)

/**
 * @since 0.1.0
 * @category schemas
 */
export const StatementSchema: Schema.Schema<Statement> = statementNodes

/** `kind.field` for all fields of a union of nodes, optional ones included. */
type Fields<Node> = Node extends { readonly t: infer T extends string }
  ? T extends string ? `${T}.${keyof Node & string}` : never
  : never

/** `true` only where both sides are the same type. */
export type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false

/** Does not compile when a kind or a field is missing here, or is one too many. */
export const hasAllFields: readonly [
  expressions: Same<Fields<typeof expressionNodes.Type>, Fields<Expression>>,
  statements: Same<Fields<typeof statementNodes.Type>, Fields<Statement>>
] = [true, true]
