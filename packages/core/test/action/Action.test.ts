import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { action, isAction } from "../../src/action/Action.ts"
import { runAction } from "../../src/action/runAction.ts"
import { currentCall } from "../../src/worker/CurrentCall.ts"

class Declined extends Error {
  override readonly name = "Declined"
}
class HardDeclined extends Declined {}
class Missing extends Data.TaggedError("Missing")<{ readonly id: string }> {}

/** An action that fails `times` times and then answers how often it was executed. */
const flaky = (times: number, error: () => unknown = () => new Declined("no")) => {
  let executions = 0
  const fn = action(async () => {
    executions++
    if (executions <= times) throw error()
    return executions
  })
  return { fn, executions: () => executions }
}

const thrownBy = async (promise: Promise<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("nothing was thrown")
}

describe("action", () => {
  it("is the function that it was made of", async () => {
    const add = action(async (a: number, b: number) => a + b)

    assert.strictEqual(await add(1, 2), 3)
    assert.isTrue(isAction(add))
    assert.isFalse(isAction(async () => 1))
  })

  it("a function without async gives a promise too", async () => {
    const add = action((a: number, b: number) => a + b)

    assert.instanceOf(add(1, 2), Promise)
    assert.strictEqual(await add(1, 2), 3)
  })

  it("an Effect is run, and its failure is thrown as it is", async () => {
    const find = action((id: string) =>
      id === "u1" ? Effect.succeed({ id }) : Effect.fail(new Missing({ id }))
    )

    assert.deepStrictEqual(await find("u1"), { id: "u1" })
    const error = await thrownBy(find("u2"))
    assert.instanceOf(error, Missing)
    assert.strictEqual(error.id, "u2")
  })

  it("a call without a policy is executed once", async () => {
    const { executions, fn } = flaky(1)

    await thrownBy(fn())
    assert.strictEqual(executions(), 1)
  })

  it("without a function it says what to write", () => {
    assert.throws(() => action({ name: "x" } as never), /action\(async/)
  })
})

describe("a policy in a plain run", () => {
  it("repeats until the attempts are used up, and the error carries their number", async () => {
    const once = flaky(2)
    assert.strictEqual(await once.fn.with({ retry: { attempts: 3 } })(), 3)

    const never = flaky(9)
    const error = await thrownBy(never.fn.with({ retry: { attempts: 3 } })())
    assert.strictEqual(error.attempts, 3)
    assert.instanceOf(error, Declined)
    assert.strictEqual(never.executions(), 3)
  })

  it("subclasses match retryOn and stopOn", async () => {
    const stopped = flaky(9, () => new HardDeclined("no"))
    await thrownBy(stopped.fn.with({ retry: { attempts: 5, stopOn: [HardDeclined] } })())
    assert.strictEqual(stopped.executions(), 1)

    const repeated = flaky(9, () => new HardDeclined("no"))
    await thrownBy(repeated.fn.with({ retry: { attempts: 2, retryOn: [Declined] } })())
    assert.strictEqual(repeated.executions(), 2)
  })

  it("waits between executions as the backoff says", async () => {
    const { fn } = flaky(2)
    const startedAt = performance.now()

    await fn.with({ retry: { attempts: 3, backoff: { kind: "linear", base: 20 } } })()

    assert.isAtLeast(performance.now() - startedAt, 55)
  })

  it("a timeout aborts the execution and repeats it, bounded by timeoutAttempts", async () => {
    const signals: Array<{ readonly aborted: boolean }> = []
    const hang = action({ name: "hang" }, () => {
      signals.push(currentCall()!.signal)
      return new Promise<never>(() => {})
    })

    const error = await thrownBy(hang.with({ timeout: 20, timeoutAttempts: 2 })())

    assert.strictEqual(error.name, "ActionTimeout")
    assert.match(error.message, /20ms, 2 times/)
    assert.deepStrictEqual(signals.map(({ aborted }) => aborted), [true, true])
  })

  it("a timeout interrupts an Effect", async () => {
    let wasInterrupted = false
    const hang = action(() =>
      Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          wasInterrupted = true
        }))
    )

    await thrownBy(hang.with({ timeout: 10, timeoutAttempts: 1 })())

    assert.isTrue(wasInterrupted)
  })

  it("options of the action hold where a call sets none, and a call's policy adds to them", async () => {
    let executions = 0
    const flakyByDefault = action({ retry: { attempts: 2 } }, async () => {
      executions++
      throw new Declined("no")
    })

    await thrownBy(flakyByDefault())
    assert.strictEqual(executions, 2)
    await thrownBy(flakyByDefault.with({ timeout: "1s" })())
    assert.strictEqual(executions, 4)
    await thrownBy(flakyByDefault.with({ retry: { attempts: 1 } })())
    assert.strictEqual(executions, 5)
  })

  it("a policy that cannot be is refused where it is written", () => {
    const { fn } = flaky(0)
    assert.throws(() => fn.with({ retries: 3 } as never), /retries/)
    assert.throws(() => action({ timeout: "soon" }, async () => 1), /soon/)
  })
})

describe("runAction", () => {
  it("a thunk is repeated, a running call is not", async () => {
    const thunk = flaky(1)
    assert.strictEqual(await runAction(() => thunk.fn(), { retry: { attempts: 2 } }), 2)

    const running = flaky(1)
    await thrownBy(runAction(running.fn(), { retry: { attempts: 2 } }))
    assert.strictEqual(running.executions(), 1)
  })

  it("a running call is awaited no longer than the timeout", async () => {
    const hang = action(() => new Promise<never>(() => {}))

    const error = await thrownBy(runAction(hang(), { timeout: 10, timeoutAttempts: 1 }))

    assert.strictEqual(error.name, "ActionTimeout")
  })
})

describe("schemas of an action", () => {
  const User = Schema.Struct({ id: Schema.String, born: Schema.Date })
  const describeUser = action(
    { input: User, output: Schema.NumberFromString },
    async (user) => user.born.getUTCFullYear()
  )

  it("arguments arrive as the schema's type, from either side of it", async () => {
    assert.strictEqual(await describeUser({ id: "u1", born: new Date(0) }), 1970)
    const encoded = { id: "u1", born: "1815-12-10T00:00:00.000Z" } as never
    assert.strictEqual(await describeUser(encoded), 1815)
  })

  it("what does not fit is refused with the path", async () => {
    const error = await thrownBy(describeUser({ id: 7, born: new Date(0) } as never))
    assert.strictEqual(error.name, "ActionSchemaMismatch")
    assert.match(error.message, /Argument 1[^]*"id"/)

    const liar = action({ output: Schema.Number }, async () => "seven" as never)
    assert.match((await thrownBy(liar())).message, /The result/)
  })

  it("an encoded error becomes the declared one", async () => {
    class OutOfStock
      extends Schema.TaggedError<OutOfStock>()("OutOfStock", { sku: Schema.String })
    {}
    const reserve = action({ error: OutOfStock }, async () => {
      throw { _tag: "OutOfStock", sku: "s1" }
    })

    const error = await thrownBy(reserve())
    assert.instanceOf(error, OutOfStock)
    assert.strictEqual(error.sku, "s1")
  })
})
