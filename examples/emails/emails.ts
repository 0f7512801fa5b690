/**
 * E-mails to customers, none of whom gets more than two a minute, however many workflows send to
 * them: a limit with the customer as its key, over all hosts.
 *
 * ```sh
 * npx rappel run examples/emails/emails.ts newsletter --input '[["ada","bob"],["Hello","News"]]'
 * ```
 */
import { action, workflow } from "@rappel/core"

export interface Mail {
  readonly customer: string
  readonly subject: string
}

/** What was sent; stands for the mailbox of each customer. */
export const sent: Array<Mail> = []

export const send = action(async (mail: Mail) => {
  if (mail.customer === "") throw new TypeError("An e-mail needs a customer")
  sent.push(mail)
  return `${mail.subject} to ${mail.customer}`
})

const perCustomer = (customer: string) => ({
  limit: { name: "e-mails", key: customer, rate: { limit: 2, period: "1 minute" } },
  retry: { attempts: 5, backoff: "exponential", stopOn: TypeError }
} as const)

export const newsletter = workflow(
  async (customers: ReadonlyArray<string>, subjects: ReadonlyArray<string>) => {
    const mails = customers.flatMap((customer) =>
      subjects.map((subject) => ({ customer, subject }))
    )
    const outcomes = await Promise.allSettled(
      mails.map((mail) => send.with(perCustomer(mail.customer))(mail))
    )
    return {
      sent: outcomes.filter(({ status }) => status === "fulfilled").length,
      failed: outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [(outcome.reason as Error).message] : []
      )
    }
  }
)
