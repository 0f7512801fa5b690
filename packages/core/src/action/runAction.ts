/**
 * The function form of `.with(policy)`.
 *
 * @since 0.1.0
 */
import { judgesOf } from "./judges.ts"
import { awaitWithPolicy, runThunkWithPolicy } from "./plainPolicy.ts"
import { type PolicyOptions, toPolicy } from "./Policy.ts"

/**
 * Runs one call of an action under a policy and gives its result.
 *
 * In a workflow `runAction(send(mail), policy)` and `runAction(() => send(mail), policy)`
 * are the same. In a plain run the first has begun before the policy is known, so that
 * only its timeout applies; the second is repeated as the policy says.
 *
 * **Errors** A `TypeError` for options that no policy has; what the call throws;
 * `ActionTimeout`.
 *
 * @since 0.1.0
 * @category running
 */
export const runAction = <A>(
  call: PromiseLike<A> | (() => PromiseLike<A>),
  options: PolicyOptions
): Promise<A> => {
  const policy = toPolicy(options)
  return (typeof call === "function"
    ? runThunkWithPolicy(call, policy, judgesOf(options))
    : awaitWithPolicy(call, policy)) as Promise<A>
}
