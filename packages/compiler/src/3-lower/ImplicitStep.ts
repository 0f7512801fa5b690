/**
 * Expressions that use packages: calls of actions whose code is in the program.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"
import type ts from "../typescript.ts"
import type { Lowering } from "./Lowering.ts"
import { NOTHING } from "./names.ts"
import { calleeText } from "./sourceText.ts"

export const ImplicitStep = (l: Lowering, node: ts.Expression): Expression => {
  const plan = l.here.steps.get(node)
  if (plan === undefined) return NOTHING
  const p = l.position(node)
  const n = calleeText(node)
  const args = plan.code.operands.map((each) => l.expression(each))
  const call = l.node({
    t: "Call",
    f: { t: "Act", a: l.output.step(l.module, plan) },
    a: args,
    n,
    p
  }, args)
  return plan.waits ? l.node({ t: "Await", e: call, p }, [], true) : call
}
