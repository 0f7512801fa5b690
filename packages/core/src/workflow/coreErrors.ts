/**
 * Error classes of rappel by name: whoever decodes a failure gives it its class again.
 *
 * @since 0.1.0
 */
import { ActionLost, ActionTimeout, WorkflowStalled } from "../dispatcher/DispatcherError.ts"
import { Cancelled, Terminated, WaitTimeout } from "./errors.ts"

export const coreErrors: ReadonlyMap<string, object> = new Map(
  [ActionLost, ActionTimeout, Cancelled, Terminated, WaitTimeout, WorkflowStalled]
    .map((constructor) => [constructor.name, constructor.prototype as object])
)
