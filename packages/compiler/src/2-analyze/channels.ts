/**
 * Recognises channels: `export const Approval = signal("approval", Approved)`.
 *
 * The schemas of a channel are for those who send; a program knows it by name, so whatever
 * the schemas are made of is not compiled.
 *
 * @since 0.1.0
 */
import ts from "../typescript.ts"
import type { Meaning, Module, Modules } from "./Modules.ts"

const CHANNELS: ReadonlySet<string> = new Set(["signal", "update"])

/** Whether a callee is what makes channels. */
export const isChannel = (meaning: Meaning | undefined): boolean =>
  meaning?.kind === "core" && CHANNELS.has(meaning.name)

/** Whether a name stands, below `unit`, in an argument that the program does not hold. */
export const isInLeftOut = (
  modules: Modules,
  module: Module,
  name: ts.Node,
  unit: ts.Node
): boolean => {
  for (let node = name; node !== unit && node.parent !== undefined; node = node.parent) {
    const call = node.parent
    if (
      ts.isCallExpression(call) && call.arguments.indexOf(node as ts.Expression) > 0 &&
      isChannel(modules.expression(module, call.expression))
    ) return true
  }
  return false
}
