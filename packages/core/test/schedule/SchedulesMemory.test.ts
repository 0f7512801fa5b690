import { suite } from "@rappel/test/kit/suites/Schedules"
import * as Layer from "effect/Layer"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as SchedulesMemory from "../../src/schedule/SchedulesMemory.ts"

suite("memory", Layer.provideMerge(SchedulesMemory.layer, QueueMemory.layer))
