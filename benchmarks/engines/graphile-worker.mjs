/**
 * graphile-worker: a queue, so chains are written by hand, each task adding the next one. Its
 * performance page's settings, with a larger local queue.
 */
import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { chainOf, check, mark, payloadOf } from "../workloads.mjs"
import { serve, timed } from "./harness.mjs"

const BATCH = 1000
const settings = {
  concurrentJobs: 64,
  "localQueue.size": 1000,
  "refetchDelay.durationMs": 10,
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
  maxPoolSize: 26,
  addJobs_batches: BATCH
}

const quiet = new Logger(() => () => {})

const make = async (url) => {
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet })
  await utils.migrate()
  let runner
  const stop = async () => {
    await runner?.stop()
    runner = undefined
  }
  const start = async (taskList) => {
    runner = await run({
      connectionString: url,
      taskList,
      logger: quiet,
      noHandleSignals: true,
      preset: {
        worker: {
          connectionString: url,
          maxPoolSize: settings.maxPoolSize,
          concurrentJobs: settings.concurrentJobs,
          localQueue: { size: 1000, refetchDelay: { durationMs: 10 } },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          pollInterval: 1000
        }
      }
    })
  }

  const addAll = async (identifier, payloads) => {
    for (let i = 0; i < payloads.length; i += BATCH) {
      await utils.addJobs(
        payloads.slice(i, i + BATCH).map((payload) => ({ identifier, payload }))
      )
    }
  }

  const chains = async (count, steps) => {
    const texts = Array.from({ length: count }, () => payloadOf(1024))
    const expected = texts.map((text) => chainOf(text, steps))
    const ended = new Set()
    let finish
    const finished = new Promise((resolve, reject) => {
      finish = { resolve, reject }
    })
    await start({
      step: async ({ chain, step, text }, helpers) => {
        const made = mark(text, step)
        if (step + 1 < steps) {
          await helpers.addJob("step", { chain, step: step + 1, text: made })
          return
        }
        try {
          check("a result", made, expected[chain])
        } catch (error) {
          finish.reject(error)
        }
        ended.add(chain)
        if (ended.size === count) finish.resolve()
      }
    })
    const seconds = await timed(async () => {
      await addAll("step", texts.map((text, chain) => ({ chain, step: 0, text })))
      await finished
    })
    await stop()
    return { seconds }
  }

  return {
    settings,
    close: async () => {
      await stop()
      await utils.release()
    },
    workloads: {
      /** Only the drain is timed: the jobs are there before the workers begin. */
      W1: async (size) => {
        const texts = Array.from({ length: size }, () => payloadOf(1024))
        await addAll("job", texts.map((text, job) => ({ job, text })))
        const seen = new Set()
        let resolve
        const finished = new Promise((done) => {
          resolve = done
        })
        const seconds = await timed(async () => {
          await start({
            job: async ({ job, text }) => {
              check("a payload", text, texts[job])
              mark(text, 0)
              seen.add(job)
              if (seen.size === size) resolve()
            }
          })
          await finished
        })
        await stop()
        return { seconds }
      },
      W2: (size) => chains(size, 3),
      /** From the insert to the handler: a queue has no result to await. */
      W4: async (size) => {
        let started
        await start({ job: async ({ text }) => started(mark(text, 0)) })
        const latencies = []
        const seconds = await timed(async () => {
          for (let i = 0; i < size; i++) {
            const text = payloadOf(1024)
            const at = performance.now()
            const handled = new Promise((resolve) => {
              started = resolve
            })
            await utils.addJob("job", { text })
            check("a result", await handled, mark(text, 0))
            latencies.push(performance.now() - at)
          }
        })
        await stop()
        return { seconds, latencies }
      },
      W5: (size) => chains(1, size)
    }
  }
}

await serve(make)
