import { suite } from "@rappel/test/kit/suites/WorkerPool"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import { fileURLToPath } from "node:url"

suite(
  "worker processes",
  ProcessPool.layer({
    workers: 2,
    concurrency: 5,
    projectRoot: fileURLToPath(new URL("../../..", import.meta.url)),
    interruptGrace: "30 seconds"
  })
)
