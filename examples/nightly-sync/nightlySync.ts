/**
 * A sync that runs once a night, and that a slow night does not start twice.
 */
import { action, schedule, sleep, workflow } from "@rappel/core"

/** What the source has; a real one asks an API. */
const RECORDS: Readonly<Record<string, ReadonlyArray<string>>> = {
  crm: ["c1", "c2", "c3"],
  archive: ["a1", "a2"]
}

/** What was copied, in order; a real one writes to a table. */
export const copies: Array<string> = []

export const changedRecords = action(async (source: string) => RECORDS[source] ?? [])

export const copyRecord = action(async (id: string) => {
  copies.push(id)
})

export const nightlySync = workflow(async (source: string, pauseHours: number) => {
  let copied = 0
  for (const id of await changedRecords(source)) {
    await copyRecord(id)
    copied++
    // The source allows few requests an hour.
    await sleep(pauseHours * 3_600_000)
  }
  return copied
})

/** Called at every start of the app: the next run stays as it is. */
export const install = (source: string, pauseHours: number) =>
  schedule(
    `sync of ${source}`,
    { cron: "30 2 * * *", timeZone: "Europe/Berlin", overlap: "skip", tags: [source] },
    nightlySync,
    [source, pauseHours]
  )
