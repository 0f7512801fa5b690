import { action, sleep, workflow } from "@rappel/core"

/** When each run did its work, as the test's clock had it. */
export const ledger: Array<string> = []
export const clock = { now: () => 0 }

export const sync = action(async (what: string) => {
  ledger.push(`${what} ${new Date(clock.now()).toISOString().slice(0, 16)}`)
  return what
})

export const nightly = workflow(async (what: string) => await sync(what))

/** Takes a day, and cleans up whatever happens. */
export const slow = workflow(async () => {
  try {
    await sleep("1 day")
    return "in time"
  } finally {
    await sync("cleanup")
  }
})
