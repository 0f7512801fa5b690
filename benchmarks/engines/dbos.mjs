/** DBOS: workflows started directly, 64 in flight; its default pool, tracing off. */
import { DBOS } from "@dbos-inc/dbos-sdk"
import { chainOf, check, fanOutOf, mark, payloadOf } from "../workloads.mjs"
import { inFlight, oneByOne, serve, timed } from "./harness.mjs"

const IN_FLIGHT = 64
const settings = { systemDatabasePoolSize: 10, in_flight: IN_FLIGHT, tracing: false }

const step = (text, index) => DBOS.runStep(async () => mark(text, index), { name: `step-${index}` })

const chain = DBOS.registerWorkflow(async (text, steps) => {
  let current = text
  for (let i = 0; i < steps; i++) current = await step(current, i)
  return current
}, { name: "chain" })

const fanOut = DBOS.registerWorkflow(async (text, steps) => {
  const texts = await Promise.all(Array.from({ length: steps }, (_, i) => step(text, i)))
  return texts.map((each) => each.slice(0, 8)).join("")
}, { name: "fanOut" })

const make = async (url) => {
  DBOS.setConfig({
    name: "benchmark",
    systemDatabaseUrl: url,
    systemDatabasePoolSize: settings.systemDatabasePoolSize,
    tracingEnabled: false,
    logLevel: "error"
  })
  await DBOS.launch()

  const alone = async (workflow, steps, expectedOf) => {
    const text = payloadOf(1024)
    const handle = await DBOS.startWorkflow(workflow)(text, steps)
    check("a result", await handle.getResult(), expectedOf(text, steps))
  }
  await inFlight(100, IN_FLIGHT, () => alone(chain, 3, chainOf))
  return {
    settings,
    close: () => DBOS.shutdown(),
    workloads: {
      /** A workflow of one step is its cheapest job with a result. */
      W1: async (size) => ({
        seconds: await timed(() => inFlight(size, IN_FLIGHT, () => alone(chain, 1, chainOf)))
      }),
      W2: async (size) => ({
        seconds: await timed(() => inFlight(size, IN_FLIGHT, () => alone(chain, 3, chainOf)))
      }),
      W3: (size) => oneByOne(size, () => alone(fanOut, 1000, fanOutOf)),
      W4: (size) => oneByOne(size, () => alone(chain, 1, chainOf)),
      W5: async (size) => ({ seconds: await timed(() => alone(chain, size, chainOf)) })
    }
  }
}

await serve(make)
