import { declareSite } from "@rappel/core/action/Registry"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as actions from "@rappel/test/kit/suites/poolActions"
import { FILE, suite } from "@rappel/test/kit/suites/WorkerPool"
import { fileURLToPath } from "node:url"

const byExport = ({ exportName, file }: { readonly exportName: string; readonly file: string }) =>
  file === FILE ? actions[exportName as keyof typeof actions] : undefined

// What a compiled program tells: from it the pool knows where the classes' module stands.
const file = fileURLToPath(new URL(`../../../../${FILE}`, import.meta.url))
declareSite(`${FILE}#euros`, { file, line: 1, column: 1, endLine: 1 })

suite("inline", layerInline({ resolve: byExport }))
