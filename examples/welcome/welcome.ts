/**
 * A fan-out: welcome e-mails go out side by side, and one that can't be sent stops no other.
 *
 * ```sh
 * npx rappel run examples/welcome/welcome.ts welcome --input '[["u1", "u2", "u3", "u4"]]'
 * ```
 */
import { action, sleep, workflow } from "@rappel/core"

export interface User {
  readonly id: string
  readonly email: string
  readonly active: boolean
}

export interface Summary {
  readonly sent: ReadonlyArray<string>
  readonly failed: ReadonlyArray<{ readonly email: string; readonly reason: string }>
  readonly skipped: number
}

/** Stands for a database. */
const users = new Map<string, User>([
  ["u1", { id: "u1", email: "ada@example.com", active: true }],
  ["u2", { id: "u2", email: "bob@example.com", active: false }],
  ["u3", { id: "u3", email: "cleo@example.com", active: true }],
  ["u4", { id: "u4", email: "not an address", active: true }]
])

/** The mail server refused the address, now and always. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused"
}

export const fetchUser = action(async (id: string): Promise<User> => {
  const user = users.get(id)
  if (user === undefined) throw new Error(`There is no user ${id}`)
  return user
})

/** Stands for a mail server. */
export const sendWelcome = action(async (email: string): Promise<string> => {
  if (!email.includes("@")) throw new AddressRefused(`"${email}" is not an address`)
  return `welcome ${email}`
})

/** Waits for bounces, then sums up; `wait` is how long they may take. */
export const welcome = workflow(async (ids: ReadonlyArray<string>, wait = "1 second") => {
  const found = await Promise.all(ids.map((id) => fetchUser(id)))
  const active = found.filter((user) => user.active)
  const outcomes = await Promise.allSettled(active.map((user) =>
    sendWelcome.with({
      retry: {
        attempts: 3,
        backoff: { kind: "exponential", base: "200ms" },
        stopOn: [AddressRefused]
      }
    })(user.email)
  ))

  await sleep(wait)

  const sent: Array<string> = []
  const failed: Array<{ email: string; reason: string }> = []
  for (const [i, outcome] of outcomes.entries()) {
    const { email } = active[i]!
    if (outcome.status === "fulfilled") sent.push(email)
    else failed.push({ email, reason: (outcome.reason as Error).message })
  }
  const summary: Summary = { sent, failed, skipped: found.length - active.length }
  return summary
})
