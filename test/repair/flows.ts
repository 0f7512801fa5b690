/**
 * Workflows that fail and are repaired; compiled from here when they start.
 */
import { action, currentCall, signal, waitFor, workflow } from "@rappel/core"

/** What ran, in order. */
export const ledger: Array<string> = []

/** Actions of these names fail. */
export const broken = new Set<string>()

export class Broken extends Error {
  override readonly name = "Broken"
}

export const step = action(async (name: string): Promise<string> => {
  ledger.push(name)
  if (broken.has(name)) throw new Broken(`${name} is broken`)
  return `${name} done`
})

export const Go = signal<string>("go")

export const order = workflow(async (id: string) => {
  const token = crypto.randomUUID()
  const reserved = await step(`reserve ${id}`)
  const charged = await step.with({ retry: { attempts: 2 } })(`charge ${id}`)
  const shipped = await step(`ship ${id}`)
  return [reserved, charged, shipped, token.length]
})

/** Cleans up when it fails, with a random number of its own. */
export const careful = workflow(async (id: string) => {
  await step(`reserve ${id}`)
  try {
    await step(`charge ${id}`)
  } catch (error) {
    await step(`release ${id} ${crypto.randomUUID()}`)
    throw error
  }
  return await step(`ship ${id} ${crypto.randomUUID()}`)
})

export const together = workflow(async () => {
  const both = await Promise.all([step("left"), step("right"), waitFor(Go)])
  const go = await waitFor(Go)
  return [...both, go]
})

/** It fails while its mail, which is going to fail as well, is being tried again. */
export const behind = workflow(async () => {
  const mail = step.with({
    retry: { attempts: 2, backoff: { kind: "constant", base: "300 millis" } }
  })("mail")
  mail.catch(() => {})
  const charged = await step("charge")
  return [charged, await mail]
})

export const waits = workflow(async (id: string) => {
  const charged = await step(`charge ${id}`)
  const go = await waitFor(Go)
  const shipped = await step(`ship ${id}`)
  return [charged, go, shipped]
})

export const part = workflow(async (name: string) => await step(`part ${name}`))

export const family = workflow(async () => {
  const parts = await Promise.all([part("a"), part("b")])
  return [...parts, await step("assemble")]
})

export const grand = workflow(async () => ["grand", await family()])

export const own = workflow(async (ids: ReadonlyArray<string>) => {
  await step("look")
  if (ids.length === 0) throw new Error("Nothing to do")
  return ids.length
})

export const caught = workflow(async () => {
  try {
    return await step("first")
  } catch (error) {
    return error instanceof Broken ? `caught ${error.message}` : "not a Broken"
  }
})

/** Executions that were ended. */
export const ended: Array<string> = []

export const hang = action(async (): Promise<string> => {
  const { signal } = currentCall()!
  await new Promise((resolve) => signal.addEventListener("abort", resolve))
  ended.push("hanging")
  throw new Error("ended")
})

export const stuck = workflow(async () =>
  await Promise.all([
    step.with({ retry: { attempts: "unlimited", backoff: { kind: "constant", base: "1 hour" } } })(
      "endless"
    ),
    hang()
  ])
)

const ask = async (question: string): Promise<string> => {
  const n = 1
  const answer = await waitFor(Go)
  return n === 1 ? answer : question
}

export const deep = workflow(async (user: { name: string; password: string }) => {
  const apiKey = "sk-123"
  for (let round = 1; round < 3; round++) {
    const asked = await step(`asked ${round}`)
    const answer = await ask("really?")
    if (answer !== "" && asked !== user.name) return answer
  }
  return apiKey
})

/** Its calls are offered to whoever may take them: their verdicts come as messages. */
export const limited = workflow(async () => {
  const one = step.with({ limit: { key: "one", concurrency: 1 } })
  await one("begin")
  try {
    return await one("middle")
  } catch (error) {
    await one("undo")
    throw error
  }
})

export const login = action(async (name: string) => ({ name, token: `token of ${name}` }))

export const remember = action(async (text: string) => text.length)

export const secretive = workflow(async (user: { name: string; password: string }) => {
  const { token } = await login(user.name)
  const length = await remember(`${user.password} ${token}`)
  const go = await waitFor(Go)
  if (go === "branch" && token !== `token of ${user.name}`) await remember("somebody else")
  return { length, token, header: `Bearer ${token}` }
})

export const listens = workflow(async () => await waitFor(Go))

export const tells = workflow(async () => {
  await step("before")
  const child = await listens.start()
  await child.signal(Go, "told")
  const heard = await child.result()
  return [heard, await step("after")]
})
