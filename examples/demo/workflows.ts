/**
 * The two workflows of `npm run demo`.
 *
 * Their actions take a moment, so that there is something to kill, and write a line to a
 * ledger outside the database for each execution: what really ran, beside what rappel
 * recorded.
 */
import { action, sleep, workflow } from "@rappel/core"
import { appendFileSync, readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"

interface User {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly active: boolean
}

const NAMES = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ivy", "Jo", "Kim", "Lea"]

/** Writes one execution to the ledger and answers how many of this kind there were before. */
const record = (step: string): number => {
  const ledger = process.env["DEMO_LEDGER"]
  if (ledger === undefined) return 0
  const before = readFileSync(ledger, "utf8").split("\n").filter((line) => line === step).length
  appendFileSync(ledger, `${step}\n`)
  return before
}

export class MailboxUnavailable extends Error {
  override readonly name = "MailboxUnavailable"
  readonly email: string
  constructor(email: string) {
    super(`The mailbox of ${email} does not answer`)
    this.email = email
  }
}

export const fetchUser = action(async (id: string): Promise<User> => {
  record(`fetchUser ${id}`)
  await pause(150)
  const name = NAMES[Number(id.slice(1)) % NAMES.length]!
  return {
    id,
    name,
    email: `${name.toLowerCase()}@example.com`,
    active: Number(id.slice(1)) % 4 !== 3
  }
})

export const buildGreeting = action(async (user: User): Promise<string> => {
  record(`buildGreeting ${user.id}`)
  await pause(150)
  return `Hello, ${user.name}!`
})

export const listUsers = action(async (count: number): Promise<ReadonlyArray<User>> => {
  record("listUsers")
  await pause(100)
  return Promise.all(Array.from({ length: count }, (_, i) => fetchUser(`u${i}`)))
})

/** Fails twice for one address, and always for another. */
export const sendWelcome = action(async (user: User): Promise<string> => {
  const before = record(`sendWelcome ${user.email}`)
  await pause(250)
  if (user.name === "Cleo" && before < 2) throw new MailboxUnavailable(user.email)
  if (user.name === "Fay") throw new MailboxUnavailable(user.email)
  return `sent to ${user.email}`
})

export const report = action(async (sent: ReadonlyArray<string>, failed: ReadonlyArray<string>) => {
  record("report")
  await pause(100)
  return { sent: sent.length, failed }
})

/** The greeting chain: each step needs the one before. */
export const greeting = workflow(async (id: string) => {
  const user = await fetchUser(id)
  const text = await buildGreeting(user)
  return `${text} (${user.active ? "active" : "away"})`
})

/** Welcome e-mails, side by side: some fail, one works at the third attempt. */
export const welcome = workflow(async (count: number) => {
  const users = await listUsers(count)
  const active = users.filter((user) => user.active)
  const results = await Promise.allSettled(
    active.map((user) =>
      sendWelcome.with({ retry: { attempts: 4, backoff: { kind: "constant", base: "200ms" } } })(
        user
      )
    )
  )

  await sleep("3 seconds")

  const sent: Array<string> = []
  const failed: Array<string> = []
  for (const [i, result] of results.entries()) {
    if (result.status === "fulfilled") sent.push(result.value)
    else if (result.reason instanceof MailboxUnavailable) failed.push(active[i]!.email)
    else throw result.reason
  }
  return await report(sent, failed)
})
