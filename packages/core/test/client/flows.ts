/**
 * Workflows that are compiled from this file when the tests start them.
 */
import { action, sleep, Workflow, workflow } from "@rappel/core"

export class UnknownUser extends Error {
  override readonly name = "UnknownUser"
  readonly id: string
  constructor(id: string) {
    super(`There is no user ${id}`)
    this.id = id
  }
}

export const executions: Array<string> = []

export const fetchUser = action(async (id: string) => {
  executions.push(`fetchUser ${id}`)
  if (id === "u0") throw new UnknownUser(id)
  return { id, name: "Ada" }
})

export const greet = action(async (name: string) => {
  executions.push(`greet ${name}`)
  return `Hello ${name}`
})

export const greeting = workflow(async (id: string) => {
  const user = await fetchUser(id)
  await sleep("1 day")
  return await greet(user.name)
})

export class Reminder extends Workflow {
  async run(name: string, days: number) {
    const texts: Array<string> = []
    for (let i = 0; i < days; i++) texts.push(await this.remind(name))
    return texts
  }
  async remind(name: string) {
    await sleep("1 day")
    return await greet(name)
  }
}

/** Its function throws: what runs durably is its program. */
export const neverCalled = workflow(async (n: number) => n + 1)
