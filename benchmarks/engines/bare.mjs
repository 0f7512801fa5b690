/**
 * The least that this durability costs: a dispatcher, two worker processes, and one commit of all
 * that came together, without what makes an engine of it. Chains are counted by hand.
 */
import pg from "pg"
import { chainOf, check, fanOutOf, payloadOf } from "../workloads.mjs"
import { makeDispatcher } from "./bare/dispatcher.mjs"
import { SCHEMA } from "./bare/schema.mjs"
import { startWorkers } from "./bare/workers.mjs"
import { inFlight, oneByOne, serve, timed } from "./harness.mjs"

const WORKERS = 2
const IN_FLIGHT = 4000
const START_BATCH = 500
const settings = {
  workers: WORKERS,
  connections: 4,
  in_flight: IN_FLIGHT,
  starts_in_one_batch: START_BATCH
}

const make = async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: settings.connections })
  await pool.query(SCHEMA)
  const workers = startWorkers(WORKERS)
  const dispatcher = makeDispatcher(
    (statement, values) => pool.query({ ...statement, values }),
    workers.call
  )

  const some = async (count, steps) => {
    const texts = Array.from({ length: count }, () => payloadOf(1024))
    const results = await dispatcher.chains(texts, steps)
    texts.forEach((text, i) => check("a result", results[i], chainOf(text, steps)))
  }
  const chains = (count, steps) =>
    inFlight(
      Math.ceil(count / START_BATCH),
      IN_FLIGHT / START_BATCH,
      (nth) => some(Math.min(START_BATCH, count - nth * START_BATCH), steps)
    )
  const fan = async (steps) => {
    const text = payloadOf(1024)
    check("a result", await dispatcher.fanOut(text, steps), fanOutOf(text, steps))
  }

  await some(100, 3)
  return {
    settings,
    close: async () => {
      workers.end()
      await pool.end()
    },
    workloads: {
      "W1-single": async (size) => ({ seconds: await timed(() => chains(size, 1)) }),
      W2: async (size) => ({ seconds: await timed(() => chains(size, 3)) }),
      W3: (size) => oneByOne(size, () => fan(1000)),
      W4: (size) => oneByOne(size, () => some(1, 1)),
      W5: async (size) => ({ seconds: await timed(() => some(1, size)) })
    }
  }
}

await serve(make)
