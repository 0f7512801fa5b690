/**
 * An engine's process, seen from its side: it prepares itself, and measures between `begin` and
 * `end`, at which the other side reads the counters.
 */
const next = () => new Promise((resolve) => process.once("message", resolve))

const tell = async (message) => {
  const answer = next()
  process.send(message)
  return answer
}

/**
 * Runs the workload that the other side names: a part of it first, then what is measured. `engine` maps workloads to functions of their size,
 * which answer `{ seconds }`, and `latencies` in milliseconds where each unit has one.
 */
export const serve = async (engine) => {
  const { size, url, warmUp, workload } = await tell({ kind: "ready" })
  try {
    const { close, settings, workloads } = await engine(url)
    const run = workloads[workload]
    await run(warmUp)
    await tell({ kind: "begin", settings })
    const measured = await run(size)
    await tell({ kind: "end", ...measured })
    await close()
    process.exit(0)
  } catch (error) {
    process.send({ kind: "failed", reason: error?.stack ?? String(error) }, () => process.exit(1))
  }
}

/** Seconds that `body` took. */
export const timed = async (body) => {
  const startedAt = performance.now()
  await body()
  return (performance.now() - startedAt) / 1000
}

/** Runs `body` for 0 … count - 1, so many at a time. */
export const inFlight = async (count, limit, body) => {
  let next = 0
  const lane = async () => {
    while (next < count) await body(next++)
  }
  await Promise.all(Array.from({ length: Math.min(limit, count) }, lane))
}

/** One after the other, each timed. */
export const oneByOne = async (count, body) => {
  const latencies = []
  const seconds = await timed(async () => {
    for (let i = 0; i < count; i++) {
      const startedAt = performance.now()
      await body(i)
      latencies.push(performance.now() - startedAt)
    }
  })
  return { seconds, latencies }
}
