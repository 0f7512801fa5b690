/**
 * The predicates of a policy in a snapshot: `[retryOn, stopOn]`, functions of the program.
 *
 * @since 0.1.0
 */
import type { Judges } from "../../action/judges.ts"
import type { HeapReader, HeapWriter } from "../../heap/HeapHost.ts"
import type { Json } from "../../heap/Json.ts"
import type { Data } from "./Kind.ts"

export const writeJudges = ({ retryOn, stopOn }: Judges, out: HeapWriter): Json => [
  retryOn.map((each) => out.val(each)),
  stopOn.map((each) => out.val(each))
]

export const readJudges = (data: Json, heap: HeapReader): Judges => {
  const [retryOn, stopOn] = data as readonly [Data, Data]
  return {
    retryOn: retryOn.map(heap.val) as Judges["retryOn"],
    stopOn: stopOn.map(heap.val) as Judges["stopOn"]
  }
}
