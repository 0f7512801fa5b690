/**
 * Prints a whole program in a compact form that can be read and compared.
 *
 * Every function shows its kind, environment and slots; a node that can suspend
 * carries the number of its first slot as `@s`. Fixtures hold these texts.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type { ClassNode, FunctionNode, MemberKey, Program } from "@rappel/core/program/Program"
import type { ForOf, Statement } from "@rappel/core/program/Statement"
import { expressionText } from "./expressionText.ts"

/**
 * The program as text, one line per statement.
 *
 * @since 0.1.0
 * @category printing
 */
export const print = (program: Program): string => {
  const entry = `${program.modules[program.entry.m]?.file ?? ""}#${program.entry.x}`
  return [
    `program ${program.name}: ${entry}`,
    ...program.actions.map((action) => {
      const rest = action.rest === 1 ? ", ...rest" : ""
      return `action ${action.id} (${action.params}${rest}) from ${action.file}#${action.x}`
    }),
    ...program.modules.flatMap((module) => [
      "",
      `module ${module.file} f${module.f}${
        module.imports.length === 0 ? "" : ` after ${module.imports.join(", ")}`
      }`,
      ...Object.entries(module.exports).map(([name, to]) =>
        `  export ${name} → ${typeof to === "number" ? `[${to}]` : `module ${to.m} ${to.x}`}`
      )
    ]),
    ...program.classes.flatMap((node, i) => ["", ...classLines(node, i)]),
    ...program.functions.flatMap((node, i) => ["", ...functionLines(program, node, i)]),
    ""
  ].join("\n")
}

const functionLines = (
  program: Program,
  node: FunctionNode,
  i: number
): ReadonlyArray<string> => {
  const flags = [
    node.k,
    ...(node.arrow === 1 ? ["arrow"] : []),
    ...(node.method === 1 ? ["method"] : []),
    ...(node.derived === 1 ? ["derived"] : []),
    `length ${node.len}`,
    `env ${node.size}`,
    ...(node.tdz.length === 0 ? [] : [`unset ${node.tdz.join(",")}`]),
    ...(node.self === undefined ? [] : [`self ${node.self}`]),
    ...(node.slots === 0 ? [] : [`slots ${node.slots}`])
  ]
  const names = node.names.slice(1).map((name, k) => `${k + 1}:${name === "" ? "$" : name}`)
  return [
    `f${i} ${node.n === "" ? "(anonymous)" : node.n}: ${flags.join(" ")}`,
    ...(names.length === 0 ? [] : [`  env ${names.join(" ")}`]),
    ...lines(program, node.body, "  ")
  ]
}

const keyText = (key: MemberKey | undefined): string => {
  if (key === undefined) return ""
  if ("lit" in key) return key.lit
  return "priv" in key ? key.priv : `[key ${key.ck}]`
}

const classLines = (node: ClassNode, i: number): ReadonlyArray<string> => [
  `c${i} ${node.n === "" ? "(anonymous)" : node.n}: module ${node.m}${
    node.x === undefined ? "" : ` export ${node.x}`
  }${node.ext === 1 ? " derived" : ""}${node.ctor === undefined ? "" : ` ctor f${node.ctor}`}`,
  ...node.privates.map(({ i: at, n }) => `  private ${n} [${at}]`),
  ...node.members.map((member) =>
    `  ${member.st === 1 ? "static " : ""}${member.kind} ${keyText(member.key)}${
      member.f === undefined ? "" : ` f${member.f}`
    }`.trimEnd()
  )
]

const scopeText = (node: { readonly size: number; readonly tdz: ReadonlyArray<number> }): string =>
  `${node.size > 0 ? ` env ${node.size}` : ""}${
    node.tdz.length > 0 ? ` unset ${node.tdz.join(",")}` : ""
  }`

const slotText = (
  node: { readonly s?: number }
): string => (node.s === undefined ? "" : ` @${node.s}`)

const lines = (program: Program, node: Statement, indent: string): ReadonlyArray<string> => {
  const inner = `${indent}  `
  const text = (each: Expression): string =>
    expressionText(program, each, (f) => `f${f}`) + slots(each)
  const block = (each: Statement): ReadonlyArray<string> => lines(program, each, inner)
  const labels = (all: ReadonlyArray<string>): string => all.map((each) => `${each}: `).join("")
  switch (node.t) {
    case "Blk":
      return node.b.flatMap((each) => lines(program, each, indent))
    case "Scope":
      return [`${indent}scope${scopeText(node)}${slotText(node)}`, ...block(node.b)]
    case "Ex":
      return [`${indent}${text(node.e)}`]
    case "Ret":
      return [`${indent}return ${text(node.e)}`]
    case "Throw":
      return [`${indent}throw ${text(node.e)}`]
    case "If":
      return [
        `${indent}if ${text(node.c)}${slotText(node)}`,
        ...block(node.a),
        ...(node.b === undefined ? [] : [`${indent}else`, ...block(node.b)])
      ]
    case "For":
      return [
        `${indent}${labels(node.L)}for${scopeText(node)}${slotText(node)}`,
        ...block(node.init).map((line) => line.replace(/^( *)/, "$1init ")),
        ...(node.c === undefined ? [] : [`${inner}while ${text(node.c)}`]),
        ...(node.u === undefined ? [] : [`${inner}then ${text(node.u)}`]),
        ...block(node.b)
      ]
    case "While":
      return [`${indent}${labels(node.L)}while ${text(node.c)}${slotText(node)}`, ...block(node.b)]
    case "Do":
      return [
        `${indent}${labels(node.L)}do${slotText(node)}`,
        ...block(node.b),
        `${indent}while ${text(node.c)}`
      ]
    case "ForOf":
    case "ForIn":
      return forLines(program, node, indent)
    case "Switch":
      return [
        `${indent}switch ${text(node.d)}${scopeText(node)}${slotText(node)}`,
        ...node.fns.flatMap(block),
        ...node.cs.flatMap((each) => [
          `${inner}${each.e === undefined ? "default" : `case ${text(each.e)}`}`,
          ...lines(program, each.b, `${inner}  `)
        ])
      ]
    case "Try":
      return [
        `${indent}try${slotText(node)}${rangeText(node.br)}`,
        ...block(node.b),
        ...(node.c === undefined ? [] : [
          `${indent}catch [${node.c.exc.d},${node.c.exc.i}]${scopeText(node.c)}${
            rangeText(node.c.r)
          }`,
          ...block(node.c.b)
        ]),
        ...(node.f === undefined
          ? []
          : [`${indent}finally${rangeText(node.fr)}`, ...block(node.f)])
      ]
    case "Lbl":
      return [`${indent}${node.l}:`, ...block(node.b)]
    case "Brk":
      return [`${indent}break${node.l === undefined ? "" : ` ${node.l}`}`]
    case "Cnt":
      return [`${indent}continue${node.l === undefined ? "" : ` ${node.l}`}`]
  }
}

const forLines = (program: Program, node: ForOf, indent: string): ReadonlyArray<string> => {
  const head = `${node.L.map((each) => `${each}: `).join("")}for${
    node.aw === 1 ? " await" : ""
  } [${node.item.d},${node.item.i}] ${node.t === "ForOf" ? "of" : "in"} ${
    expressionText(program, node.e, (f) => `f${f}`)
  }`
  return [
    `${indent}${head}${scopeText(node)}${slotText(node)}`,
    ...lines(program, node.bind, `${indent}  bind `),
    ...lines(program, node.b, `${indent}  `)
  ]
}

const rangeText = (range: readonly [number, number] | undefined): string =>
  range === undefined ? "" : ` slots ${range[0]}-${range[1]}`

/** The slots of all nodes inside of an expression that can suspend, in order. */
const slots = (node: Expression): string => {
  const found: Array<string> = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each)
    } else if (typeof value === "object" && value !== null) {
      const { s, t } = value as { readonly s?: number; readonly t?: string }
      for (const each of Object.values(value)) visit(each)
      if (s !== undefined && t !== undefined) found.push(`${t}@${s}`)
    }
  }
  visit(node)
  return found.length === 0 ? "" : `  # ${found.join(" ")}`
}
