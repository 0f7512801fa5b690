import { action, workflow } from "@rappel/core"

export const greet = action(async (name: string) => `Hello ${name}`)

/** Its program is stored by the first transaction that starts it. */
export const greeting = workflow(async (name: string) => await greet(name))
