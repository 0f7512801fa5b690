/**
 * The sources of the projects that these tests run commands in.
 */

export const greeting = `
import { action, sleep, workflow } from "@rappel/core"

export class UnknownUser extends Error {
  readonly name = "UnknownUser"
  constructor(readonly id: string) {
    super("There is no user " + id)
  }
}

export const fetchUser = action(async (id: string) => {
  console.log("fetching " + id)
  if (id === "u0") throw new UnknownUser(id)
  return { id, name: "Ada", born: new Date(Date.UTC(1815, 11, 10)) }
})

export const greet = action(async (name: string) => "Hello " + name)

export const greeting = workflow(async (id: string) => {
  const user = await fetchUser(id)
  await sleep("10ms")
  return { text: await greet(user.name), born: user.born, none: undefined }
})

export const nothing = workflow(async () => {})

export const pid = action(async () => process.pid)
export const whereabouts = workflow(async () => await pid())
`

/** A call that fails, hangs, fails and succeeds, and one that succeeds. */
export const flaky = `
import { action, currentCall, workflow } from "@rappel/core"

export const work = action(async () => {
  const { attempt } = currentCall()
  if (attempt === 2) await new Promise(() => {})
  if (attempt < 4) throw new Error("attempt " + attempt)
  return attempt
})
export const easy = action(async () => 0)

export const flaky = workflow(async () => {
  const attempt = await work.with({
    retry: { attempts: 9, backoff: 1 },
    timeout: "3s",
    timeoutAttempts: 9
  })()
  return attempt + await easy()
})
`

/** It works at the third attempt. */
export const patient = `
import { action, currentCall, workflow } from "@rappel/core"

export const shaky = action(async () => {
  const { attempt } = currentCall()
  if (attempt < 3) throw new Error("attempt " + attempt)
  return attempt
})
export const patient = workflow(async () => await shaky())
`

/** Five different mistakes. */
export const mistakes = `
import { action, workflow } from "@rappel/core"
import { readFile } from "node:fs/promises"

const hidden = action(async () => 1)

export const readsFile = workflow(async () => [readFile].length)
export const readsEnvironment = workflow(async () => process.env["HOME"])
export const callsHidden = workflow(async () => await hidden())
export const evaluates = workflow(async () => eval("1"))
export const unknown = workflow(async () => missing())

export const fine = workflow(async (n: number) => n + 1)
`

/** A workflow that uses one import. */
export const workflowOf = (imported: string, body: string, name: string): string => `
import { workflow } from "@rappel/core"
import { n } from "${imported}"
export const ${name} = workflow(async () => ${body} && n)
`
