/**
 * pg-boss: a queue, so chains are written by hand. The batch handler adds the next job of every chain
 * with one insert, which is the friendliest shape there is; results are what the last job holds.
 */
import { PgBoss } from "pg-boss"
import { chainOf, check, mark, payloadOf } from "../workloads.mjs"
import { serve, timed } from "./harness.mjs"

const BATCH = 1000
const settings = {
  insert_batches: BATCH,
  batchSize: BATCH,
  localConcurrency: 2,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  useListenNotify: true,
  queue_notify: "all but W1"
}

const make = async (url) => {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true })
  boss.on("error", (error) => console.error(error))
  await boss.start()

  const insertAll = async (queue, jobs) => {
    for (let i = 0; i < jobs.length; i += BATCH) {
      await boss.insert(queue, jobs.slice(i, i + BATCH).map((data) => ({ data })))
    }
  }

  let queues = 0
  /** A queue of its own for each run: one that is over has no workers. */
  const newQueue = async (notify) => {
    const queue = `run_${queues++}`
    await boss.createQueue(queue, { notify })
    return queue
  }

  /** Chains of `steps` jobs; resolves when all have ended with the right text. */
  const chains = async (count, steps, batchSize) => {
    const queue = await newQueue(true)
    const expected = new Map()
    const texts = Array.from({ length: count }, () => payloadOf(1024))
    texts.forEach((text, chain) => expected.set(chain, chainOf(text, steps)))
    let left = count
    let finish
    const finished = new Promise((resolve, reject) => {
      finish = { resolve, reject }
    })
    await boss.work(queue, {
      batchSize,
      localConcurrency: 2,
      pollingIntervalSeconds: 0.5,
      burstWhenBatchFull: true
    }, async (jobs) => {
      const next = []
      for (const { data: { chain, step, text } } of jobs) {
        const made = mark(text, step)
        if (step + 1 < steps) next.push({ chain, step: step + 1, text: made })
        else {
          try {
            check("a result", made, expected.get(chain))
          } catch (error) {
            finish.reject(error)
          }
          if (expected.delete(chain) && --left === 0) finish.resolve()
        }
      }
      if (next.length > 0) await insertAll(queue, next)
    })
    const seconds = await timed(async () => {
      await insertAll(queue, texts.map((text, chain) => ({ chain, step: 0, text })))
      await finished
    })
    await boss.offWork(queue)
    return { seconds }
  }

  return {
    settings,
    close: () => boss.stop({ graceful: false }),
    workloads: {
      /** Only the drain is timed: the jobs are there before the workers begin. */
      W1: async (size) => {
        const queue = await newQueue(false)
        const texts = Array.from({ length: size }, () => payloadOf(1024))
        await insertAll(queue, texts.map((text, job) => ({ job, text })))
        const seen = new Set()
        let resolve
        const finished = new Promise((done) => {
          resolve = done
        })
        const seconds = await timed(async () => {
          await boss.work(queue, {
            batchSize: BATCH,
            localConcurrency: 2,
            pollingIntervalSeconds: 0.5,
            burstWhenBatchFull: true
          }, async (jobs) => {
            for (const { data: { job, text } } of jobs) {
              check("a payload", text, texts[job])
              mark(text, 0)
              seen.add(job)
            }
            if (seen.size === size) resolve()
          })
          await finished
        })
        await boss.offWork(queue)
        return { seconds }
      },
      W2: (size) => chains(size, 3, BATCH),
      /** From the insert to the handler: a queue has no result to await. */
      W4: async (size) => {
        const queue = await newQueue(true)
        let started
        await boss.work(
          queue,
          { batchSize: 500, localConcurrency: 2, pollingIntervalSeconds: 0.5 },
          async (jobs) => {
            for (const { data: { text } } of jobs) started(mark(text, 0))
          }
        )
        const latencies = []
        const seconds = await timed(async () => {
          for (let i = 0; i < size; i++) {
            const text = payloadOf(1024)
            const at = performance.now()
            const handled = new Promise((resolve) => {
              started = resolve
            })
            await boss.insert(queue, [{ data: { text } }])
            check("a result", await handled, mark(text, 0))
            latencies.push(performance.now() - at)
          }
        })
        await boss.offWork(queue)
        return { seconds, latencies }
      },
      W5: (size) => chains(1, size, 500)
    }
  }
}

await serve(make)
