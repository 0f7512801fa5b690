import { suite } from "@rappel/test/kit/suites/Queue"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"

suite("memory", QueueMemory.layer)
