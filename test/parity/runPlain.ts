/**
 * The oracle: the workflow as the function that it is.
 */
import { Workflow } from "@rappel/core"

/** What the workflow's function gives for these arguments; actions and sleeps are real. */
export const runPlain = async (
  workflow: unknown,
  args: ReadonlyArray<unknown>
): Promise<unknown> => {
  if (typeof workflow !== "function") throw new TypeError("The case exports no workflow")
  if (workflow.prototype instanceof Workflow) {
    const instance = new (workflow as new() => Workflow)()
    return await instance.run(...args)
  }
  return await (workflow as (...args: ReadonlyArray<unknown>) => unknown)(...args)
}
