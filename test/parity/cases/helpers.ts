/**
 * L-67 to L-71: helpers as functions, methods, in base classes and in other files.
 */
import { Workflow, workflow } from "@rappel/core"
import { addNumbers, concat, upperCase } from "./actions.ts"
import { Color, Priority } from "./models.ts"
import { addTwice, area, label, WithHelpers } from "./sharedHelpers.ts"

export class L_67_workflow_helper_methods extends Workflow {
  private total(a: number, b: number): number {
    return a + b * 2
  }

  private title(text: string): string {
    return `<${text}>`
  }

  async run(a: number, b: number) {
    const sum = await addNumbers(this.total(a, b), 1)
    return this.title(String(sum))
  }
}

export const L_67_helper_functions = workflow(async (width: number) => {
  const surface = area(width, 2)
  const doubled = await addNumbers(surface, surface)
  function describe(value: number) {
    return `${value} of ${width}`
  }
  return describe(doubled)
})

export class L_68_workflow_helper_async extends Workflow {
  private async shout(text: string): Promise<string> {
    const loud = await upperCase(text)
    return `${loud}!`
  }

  async run(text: string) {
    const first = await this.shout(text)
    return await this.shout(first)
  }
}

export const L_68_async_function = workflow(async (a: number) =>
  await addTwice(a, await addTwice(a, 1))
)

export class L_69_workflow_helper_inheritance extends WithHelpers {
  protected override prefix = "derived"

  protected override describe(text: string): string {
    return `[${super.describe(text)}]`
  }

  async run(text: string) {
    return await this.combine(text, "+")
  }
}

export class L_70_workflow_helper_positional extends Workflow {
  private compose(first: string, second: string, { glue = "-" }: { readonly glue?: string } = {}) {
    return `${first}${glue}${second}`
  }

  async run(text: string) {
    const a = await concat(this.compose(text, "x"), "1")
    return await concat(this.compose(a, "y", { glue: "/" }), "2")
  }
}

export const L_71_workflow_default_args = workflow(
  async (name: string, size = 2, note: string | null = null, color: Color = Color.Green) => {
    const first = await upperCase(label(name, size, note))
    const second = await upperCase(label(await concat(name, "2")))
    const third = label(name, undefined, "n", Priority.High)
    return { first, second, third, color }
  }
)
