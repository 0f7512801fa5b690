/**
 * Who waits for a promise.
 *
 * @since 0.1.0
 */
import type { Task } from "./Frame.ts"
import { type MachinePromise, stateOf } from "./promises.ts"
import { AwaitReaction, type Reaction } from "./reactions.ts"

/** How far a chain of promises is followed to find who awaits it. */
const CHAIN = 20

/** The task that awaits a promise, directly or through others. */
export const awaiterOf = (promise: MachinePromise): Task | undefined => {
  let at: MachinePromise | undefined = promise
  for (let link = 0; at !== undefined && link < CHAIN; link++) {
    const reaction: Reaction | undefined = stateOf(at).reactions[0]
    if (reaction instanceof AwaitReaction) return reaction.task
    at = reaction?.result
  }
  return undefined
}
