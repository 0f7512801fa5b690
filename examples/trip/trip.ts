/**
 * A saga: a trip of several bookings, where each that was made is undone when a later one
 * fails, or when the traveller cancels.
 *
 * Nothing is written twice for this: undoing is a `catch`, and it runs durably. A process that
 * dies while it undoes goes on there.
 */
import { action, Cancelled, sleep, workflow } from "@rappel/core"

/** What the agencies know; real ones are asked over the network. */
export const bookings = new Map<string, string>()

export class SoldOut extends Error {
  override readonly name = "SoldOut"
}

/** `key` makes the booking one, should an agency be asked twice. */
export const book = action(async (what: string, key: string): Promise<string> => {
  if (what.startsWith("no ")) throw new SoldOut(`There is ${what} left`)
  bookings.set(key, what)
  return key
})

/** Undoing what is undone already changes nothing. */
export const cancelBooking = action(
  {
    retry: { attempts: "unlimited", backoff: { kind: "exponential", base: "1s" }, maxDelay: "1h" }
  },
  async (key: string): Promise<void> => {
    bookings.delete(key)
  }
)

export const trip = workflow(async (parts: ReadonlyArray<string>, daysUntil: number) => {
  const undo: Array<() => Promise<void>> = []
  try {
    for (const part of parts) {
      const key = crypto.randomUUID()
      // Before the booking: it may have been made although its answer was lost.
      undo.unshift(() => cancelBooking(key))
      await book.with({ retry: { attempts: 3, stopOn: SoldOut } })(part, key)
    }
    await sleep(daysUntil * 86_400_000)
    return `travelled with ${parts.join(", ")}`
  } catch (error) {
    for (const step of undo) await step()
    if (error instanceof Cancelled) return "cancelled in time"
    throw error
  }
})
