import { assert, describe, it } from "@effect/vitest"
import { decodeError, encodeValue } from "@rappel/core/value/Value"
import { actionInfo, ActionSource } from "@rappel/core/worker/ActionSource"
import * as ClassTable from "@rappel/core/worker/ClassTable"
import { currentCall } from "@rappel/core/worker/CurrentCall"
import { makeExecutor } from "@rappel/core/worker/execute"
import type { CallReport } from "@rappel/core/worker/WorkerPool"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"

const execute = (
  fn: (...args: ReadonlyArray<any>) => unknown,
  args: ReadonlyArray<unknown>,
  text = encodeValue(args)
) =>
  new Promise<CallReport>((resolve) => {
    const start = makeExecutor({
      source: ActionSource.of({
        resolve: ({ action }) => Effect.succeed(actionInfo(fn, action)!),
        values: ClassTable.make().values
      }),
      runtime: Runtime.defaultRuntime,
      now: () => 0,
      maxValueLength: 5000
    }, { report: resolve, ended: () => {} })
    const call = {
      id: 1,
      instanceId: "i",
      effect: 2,
      action: "src/a.ts#big",
      file: "src/a.ts",
      exportName: "big",
      args: text,
      attempt: 1
    }
    start(call)
  })

const errorOf = (report: CallReport): Error => {
  assert.strictEqual(report.kind, "failed")
  return decodeError(report.kind === "failed" ? report.error : "null") as Error
}

describe("execute", () => {
  it("values beyond the limit fail the call, on either side of the action and as its error", async () => {
    const long = "x".repeat(5000)
    let ran = false
    const argument = errorOf(await execute(() => ran = true, [long]))
    assert.isFalse(ran)
    const result = errorOf(await execute(() => long, []))
    const error = errorOf(await execute(() => Promise.reject(long), []))

    for (const [what, { message, name }] of Object.entries({ argument, result, error })) {
      assert.strictEqual(name, "ValueTooLarge")
      assert.include(message.toLowerCase(), what)
      assert.include(message, "src/a.ts#big")
    }
  })

  it("arguments that are no array fail the call", async () => {
    const error = errorOf(await execute(() => 1, [], "{}"))

    assert.include(error.message, "src/a.ts#big")
  })

  it("without a host that follows calls, the current call is known until the first await", async () => {
    const report = await execute(async () => {
      const before = currentCall()?.effect
      await Promise.resolve()
      return [before, currentCall()]
    }, [])

    assert.deepInclude(report, { kind: "succeeded", value: encodeValue([2, undefined]) })
    assert.isUndefined(currentCall())
  })
})
