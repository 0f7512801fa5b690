/** rappel, as it was built; else from its sources, which is the same once it is loaded. */
const { fromSources } = await import("../../packages/worker/bin/place.mjs")
if (fromSources) await import("../../packages/worker/bin/start.mjs")
await import("./rappel/engine.mjs")
