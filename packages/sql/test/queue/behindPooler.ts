/**
 * What of the queue's suite says that nothing rests on a session.
 */
import type { Queue } from "@rappel/core/queue/Queue"
import { claiming } from "@rappel/test/kit/suites/queue/claiming"
import { committing } from "@rappel/test/kit/suites/queue/committing"
import { delivering } from "@rappel/test/kit/suites/queue/delivering"
import { dispatching } from "@rappel/test/kit/suites/queue/dispatching"
import { repairing } from "@rappel/test/kit/suites/queue/repairing"
import { resending } from "@rappel/test/kit/suites/queue/resending"
import { settingAside } from "@rappel/test/kit/suites/queue/settingAside"
import type * as Layer from "effect/Layer"

export const behindPooler = (layer: Layer.Layer<Queue, unknown>): void => {
  claiming(layer)
  committing(layer)
  resending(layer)
  dispatching(layer)
  delivering(layer)
  settingAside(layer)
  repairing(layer)
}
