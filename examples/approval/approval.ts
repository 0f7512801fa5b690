/**
 * A person decides: an expense waits for approval, is reminded of, and is refused in the end
 * when nobody cares.
 *
 * No process runs while it waits. Whoever decides needs the id of the instance alone: a web
 * page calls `decide`, an operator `rappel instances signal`.
 */
import { action, handle, publish, signal, waitFor, WaitTimeout, workflow } from "@rappel/core"
import * as Schema from "effect/Schema"

export const Decision = signal(
  "decision",
  Schema.Struct({ approved: Schema.Boolean, by: Schema.NonEmptyString })
)

/** What was sent; a real one is an e-mail. */
export const mails: Array<string> = []

export const sendMail = action(
  { retry: { attempts: 5, backoff: { kind: "exponential", base: "1s" } } },
  async (to: string, text: string): Promise<void> => {
    mails.push(`${to}: ${text}`)
  }
)

export const payOut = action(async (to: string, amount: number) => `paid ${amount} to ${to}`)

interface Options {
  /** Reminders before it is given up. */
  readonly reminders: number
  /** How long each wait lasts. */
  readonly patienceMillis: number
}

export const expense = workflow(
  async (who: string, amount: number, { patienceMillis, reminders }: Options) => {
    await sendMail("boss", `${who} spent ${amount}: please decide`)
    for (let reminder = 0; reminder <= reminders; reminder++) {
      publish("state", `waits for a decision, reminded ${reminder} times`)
      try {
        const { approved, by } = await waitFor(Decision, { timeout: patienceMillis })
        if (approved) return await payOut(who, amount)
        await sendMail(who, `${by} refused`)
        return `refused by ${by}`
      } catch (error) {
        if (!(error instanceof WaitTimeout)) throw error
        if (reminder < reminders) await sendMail("boss", `${who} still waits for ${amount}`)
      }
    }
    await sendMail(who, "nobody decided: ask again")
    return "nobody decided"
  }
)

export const decide = (id: string, approved: boolean, by: string): Promise<void> =>
  handle(id).signal(Decision, { approved, by })
