/**
 * Actions as values of a workflow: called, passed, kept in tables, given policies.
 *
 * @since 0.1.0
 */
import { type Judges, laterJudges } from "../action/judges.ts"
import { type PolicyOptions, toPolicy } from "../action/Policy.ts"
import { emitCall } from "./effects.ts"
import { hidden } from "./hidden.ts"
import type { Policy } from "./Model.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { addIntrinsic } from "./natives/replaced.ts"
import { running } from "./running.ts"

/** Which action a function is, and the policy that it was given. */
export class ActionRef {
  /** Index in the program. */
  readonly action: number
  readonly policy: Policy | undefined
  /** Set once more when a snapshot is read. */
  judges: Judges | undefined

  constructor(action: number, policy: Policy | undefined, judges?: Judges) {
    this.action = action
    this.policy = policy
    this.judges = judges
  }
}

export const actionRefs = hidden<ActionRef>()

/** Over all actions; `with` is not a property of each. */
export const ACTION_PROTOTYPE: object = Object.create(Function.prototype) as object

defineMethods(ACTION_PROTOTYPE, {
  with(this: unknown, options: PolicyOptions): object {
    const ref = actionRefs.get(this)
    if (ref === undefined) throw new TypeError("with(policy) is a method of actions")
    return makeAction(
      new ActionRef(
        ref.action,
        { ...ref.policy, ...toPolicy(options) },
        laterJudges(ref.judges, options)
      )
    )
  }
})
addIntrinsic(ACTION_PROTOTYPE)

export const makeAction = (ref: ActionRef): object => {
  const name = running.program.program.actions[ref.action]!.x
  const fn = {
    [name]: (...args: ReadonlyArray<unknown>) => emitCall(ref, args)
  }[name]!
  Object.setPrototypeOf(fn, ACTION_PROTOTYPE)
  actionRefs.set(fn, ref)
  return fn
}

/** The action as the program names it: the same function each time. */
export const actionOf = (action: number): object =>
  running.actions[action] ??= makeAction(new ActionRef(action, undefined))
