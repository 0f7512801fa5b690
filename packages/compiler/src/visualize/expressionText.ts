/**
 * Writes a program's expressions as a person would: close to the source.
 *
 * @since 0.1.0
 */
import type { Expression, ObjProperty } from "@rappel/core/program/Expression"
import type { Program } from "@rappel/core/program/Program"

/** What to call a function that stands inside of an expression. */
export type FunctionText = (f: number) => string

export const expressionText = (
  program: Program,
  node: Expression,
  functionText: FunctionText = (f) => program.functions[f]?.n || "function"
): string => {
  const text = (each: Expression): string => expressionText(program, each, functionText)
  const list = (all: ReadonlyArray<Expression>): string => all.map(text).join(", ")
  const member = (object: Expression, key: Expression, dot = "."): string =>
    key.t === "Lit" && typeof key.v === "string" && /^[\w$]+$/.test(key.v)
      ? `${text(object)}${dot}${key.v}`
      : key.t === "Priv"
      ? `${text(object)}${dot}${key.n}`
      : `${text(object)}${dot === "." ? "" : dot}[${text(key)}]`
  switch (node.t) {
    case "Lit":
      return JSON.stringify(node.v)
    case "Undef":
      return "undefined"
    case "Big":
      return `${node.v}n`
    case "Re":
      return `/${node.v}/${node.f}`
    case "Hole":
      return ""
    case "Var":
      return node.n === "" ? `$${node.i}` : node.n
    case "Set":
      return `${node.n === "" ? `$${node.i}` : node.n} = ${text(node.e)}`
    case "Upd":
      return node.pre === 1 ? `${sign(node.by)}${node.n}` : `${node.n}${sign(node.by)}`
    case "Arg":
      return `arguments[${node.i}]`
    case "RestArg":
      return `...arguments[${node.i}]`
    case "Args":
      return "arguments"
    case "This":
      return "this"
    case "NewTarget":
      return "new.target"
    case "Glob":
    case "Undeclared":
    case "Core":
      return node.n
    case "Act":
      return actionName(program, node.a)
    case "Imp":
      return node.x
    case "Ns":
      return `* as ${program.modules[node.m]?.file ?? node.m}`
    case "Fn":
      return functionText(node.f)
    case "Class":
      return `class ${program.classes[node.c]?.n ?? ""}`.trim()
    case "Un":
      return /[a-z]/.test(node.op) ? `${node.op} ${text(node.e)}` : `${node.op}${text(node.e)}`
    case "Bin":
    case "Log":
      return `${text(node.l)} ${node.op} ${text(node.r)}`
    case "Dflt":
      return `${text(node.e)} = ${text(node.d)}`
    case "Cond":
      return `${text(node.c)} ? ${text(node.a)} : ${text(node.b)}`
    case "Seq":
      return `(${list(node.l)})`
    case "Key":
      return text(node.e)
    case "ReqObj":
      return `object(${text(node.e)})`
    case "ObjRest":
      return `rest(${text(node.e)} without ${list(node.k)})`
    case "ArrPat":
      return `[${node.a.map((each) => each.k === "hole" ? "" : bound(each, text)).join(", ")}] = ${
        text(node.e)
      }`
    case "Super":
      return "super"
    case "Priv":
      return node.n
    case "PrivIn":
      return `${node.k.n} in ${text(node.e)}`
    case "Get":
      return member(node.o, node.k, node.opt === 1 ? "?." : ".")
    case "SetM":
      return `${member(node.o, node.k)} = ${text(node.e)}`
    case "OpM":
    case "LogM":
      return `${member(node.o, node.k)} ${node.op}= ${text(node.e)}`
    case "UpdM":
      return node.pre === 1
        ? `${sign(node.by)}${member(node.o, node.k)}`
        : `${member(node.o, node.k)}${sign(node.by)}`
    case "Del":
      return `delete ${member(node.o, node.k, node.opt === 1 ? "?." : ".")}`
    case "Tpl":
      return `\`${
        node.q.map((part, i) => {
          const value = node.a[i]
          return value === undefined ? part : `${part}\${${text(value)}}`
        }).join("")
      }\``
    case "TplObj":
      return `template ${JSON.stringify(node.w)}`
    case "Arr":
      return `[${list(node.a)}]`
    case "Spread":
      return `...${text(node.e)}`
    case "Obj":
      return node.ps.length === 0
        ? "{}"
        : `{ ${node.ps.map((each) => property(each, text)).join(", ")} }`
    case "Call":
      return `${text(node.f)}${node.opt === 1 ? "?." : ""}(${list(node.a)})`
    case "CallM": {
      const callee = member(node.o, node.k, node.opt === 1 ? "?." : ".")
      return `${callee}${node.copt === 1 ? "?." : ""}(${list(node.a)})`
    }
    case "Chain":
      return text(node.e)
    case "New":
      return `new ${text(node.f)}(${list(node.a)})`
    case "SuperCall":
      return `super(${list(node.a)})`
    case "Await":
      return `await ${text(node.e)}`
    case "Yield":
      return `yield ${text(node.e)}`
    case "YieldStar":
      return `yield* ${text(node.e)}`
  }
}

/** An action's short name: its export, or its given name. */
export const actionName = (program: Program, a: number): string => {
  const action = program.actions[a]
  if (action === undefined) return "action"
  return action.id.endsWith(`#${action.x}`) ? action.x : action.id
}

const sign = (by: 1 | -1): string => (by === 1 ? "++" : "--")

const bound = (
  element: { readonly k: string; readonly b: Expression; readonly pre?: Expression },
  text: (node: Expression) => string
): string =>
  `${element.k === "rest" ? "..." : ""}${
    element.pre === undefined ? "" : `${text(element.pre)}; `
  }${text(element.b)}`

const property = (node: ObjProperty, text: (node: Expression) => string): string => {
  if (node.kind === "spread") return `...${text(node.e)}`
  if (node.kind === "proto") return `__proto__: ${text(node.e)}`
  const key = node.k === undefined
    ? ""
    : node.k.t === "Lit"
    ? String(node.k.v)
    : `[${text(node.k)}]`
  const prefix = node.kind === "get" || node.kind === "set" ? `${node.kind} ` : ""
  const value = text(node.e)
  return value === key ? key : `${prefix}${key}: ${value}`
}
