/**
 * Helpers that workflows of other files use.
 */
import { Workflow } from "@rappel/core"
import { addNumbers, concat } from "./actions.ts"
import { Priority } from "./models.ts"

export const area = (width: number, height: number): number => width * height

export const addTwice = async (a: number, b: number): Promise<number> => {
  const once = await addNumbers(a, b)
  return await addNumbers(once, b)
}

export abstract class WithHelpers extends Workflow {
  protected prefix = "base"

  protected describe(text: string): string {
    return `${this.prefix}:${text}`
  }

  protected async combine(a: string, b: string): Promise<string> {
    return await concat(this.describe(a), b)
  }
}

export const label = (
  name: string,
  size = 3,
  note: string | null = null,
  priority: Priority = Priority.Normal
): string => `${name}-${size}-${note ?? "no note"}-${priority}-${Priority[priority]}`
