/**
 * The smallest workflow that is one: two steps, of which the second needs the first.
 *
 * ```sh
 * npx rappel run examples/greeting/greeting.ts greeting --input '["u1"]'
 * ```
 */
import { action, sleep, workflow } from "@rappel/core"

export interface User {
  readonly id: string
  readonly name: string
  readonly email: string
}

export interface Summary {
  readonly userId: string
  readonly greeting: string
}

/** Stands for a database: actions may use any library. */
const users = new Map<string, User>([
  ["u1", { id: "u1", name: "Ada", email: "ada@example.com" }],
  ["u2", { id: "u2", name: "Bob", email: "bob@example.com" }]
])

export class UserNotFound extends Error {
  override readonly name = "UserNotFound"
}

export const fetchUser = action(async (id: string): Promise<User> => {
  const user = users.get(id)
  if (user === undefined) throw new UserNotFound(`There is no user ${id}`)
  return user
})

export const buildGreeting = action(
  async (user: User): Promise<Summary> => ({ userId: user.id, greeting: `Hello, ${user.name}!` })
)

/** A greeting at once. */
export const greeting = workflow(async (id: string) => {
  const user = await fetchUser(id)
  return await buildGreeting.with({ retry: { attempts: 5 }, timeout: "30 seconds" })(user)
})

/** A greeting on the next day. No process needs to live until then. */
export const reminder = workflow(async (id: string) => {
  const user = await fetchUser(id)
  await sleep("1 day")
  return await buildGreeting.with({ retry: { attempts: 5 }, timeout: "30 seconds" })(user)
})
