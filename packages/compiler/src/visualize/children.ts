/**
 * The parts of an expression in the order in which they are evaluated.
 *
 * @since 0.1.0
 */
import type { Expression } from "@rappel/core/program/Expression"

const none: ReadonlyArray<Expression> = []

export const childrenOf = (node: Expression): ReadonlyArray<Expression> => {
  switch (node.t) {
    case "Set":
    case "Un":
    case "ReqObj":
    case "Key":
    case "ObjRest":
    case "PrivIn":
    case "Spread":
    case "Chain":
    case "Await":
    case "Yield":
    case "YieldStar":
      return [node.e]
    case "Bin":
    case "Log":
      return [node.l, node.r]
    case "Dflt":
      return [node.e, node.d]
    case "Cond":
      return [node.c, node.a, node.b]
    case "Seq":
      return node.l
    case "ArrPat":
      return [
        node.e,
        ...node.a.flatMap((each) => [
          ...("pre" in each && each.pre !== undefined ? [each.pre] : none),
          ...("b" in each ? [each.b] : none)
        ])
      ]
    case "Get":
    case "UpdM":
    case "Del":
      return [node.o, node.k]
    case "SetM":
    case "OpM":
    case "LogM":
      return [node.o, node.k, node.e]
    case "Tpl":
    case "Arr":
    case "SuperCall":
      return node.a
    case "Obj":
      return node.ps.flatMap((each) => (each.k === undefined ? [each.e] : [each.k, each.e]))
    case "Call":
    case "New":
      return [node.f, ...node.a]
    case "CallM":
      return [node.o, node.k, ...node.a]
    case "Class":
      return [...(node.ext === undefined ? none : [node.ext]), ...node.keys]
    default:
      return none
  }
}
