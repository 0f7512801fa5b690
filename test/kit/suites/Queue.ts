/**
 * What every queue owes its callers, whatever it is made of.
 *
 * `layer` must build an empty queue each time; every test builds its own.
 *
 * @since 0.1.0
 */
import { describe } from "@effect/vitest"
import type { Queue } from "@rappel/core/queue/Queue"
import type * as Layer from "effect/Layer"
import { claiming } from "./queue/claiming.ts"
import { committing } from "./queue/committing.ts"
import { delivering } from "./queue/delivering.ts"
import { dispatching } from "./queue/dispatching.ts"
import { hearing } from "./queue/hearing.ts"
import { keepingText } from "./queue/keepingText.ts"
import { limiting } from "./queue/limiting.ts"
import { offeringCalls } from "./queue/offering.ts"
import { removing } from "./queue/removing.ts"
import { repairing } from "./queue/repairing.ts"
import { resending } from "./queue/resending.ts"
import { settingAside } from "./queue/settingAside.ts"
import { starting } from "./queue/starting.ts"
import { startOptions } from "./queue/startOptions.ts"
import { storingPrograms } from "./queue/storingPrograms.ts"

export const suite = (name: string, layer: Layer.Layer<Queue, unknown>) =>
  describe(`Queue (${name})`, () => {
    storingPrograms(layer)
    starting(layer)
    startOptions(layer)
    claiming(layer)
    committing(layer)
    resending(layer)
    delivering(layer)
    settingAside(layer)
    removing(layer)
    repairing(layer)
    dispatching(layer)
    offeringCalls(layer)
    limiting(layer)
    hearing(layer)
    keepingText(layer)
  })
