/**
 * The types that authors see. They are checked by `tsc`; running the file only shows that
 * its imports exist.
 */
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  type Action,
  action,
  type Handle,
  Rappel,
  type RappelClient,
  runAction,
  type RunError,
  sleep,
  Workflow,
  workflow
} from "../../src/index.ts"

interface User {
  readonly id: string
}

const fetchUser = action(async (id: string): Promise<User> => ({ id }))
const count = action((users: ReadonlyArray<User>) => users.length)
const find = action((id: string, _deep?: boolean) =>
  id === "" ? Effect.fail("none" as const) : Effect.succeed({ id })
)
const greeting = workflow(async (id: string, times: number = 1) => {
  const user = await fetchUser(id)
  await sleep("1 day")
  return { user, times }
})

class Welcome extends Workflow {
  async run(id: string, polite?: boolean) {
    return { id, polite: polite ?? false }
  }
}

class Typed extends Schema.Class<Typed>("Typed")({ at: Schema.Date }) {}

describe("types", () => {
  it("an action keeps its arguments and gives a promise of its result", () => {
    expectTypeOf(fetchUser).toEqualTypeOf<Action<[id: string], User>>()
    expectTypeOf(count).returns.toEqualTypeOf<Promise<number>>()
    expectTypeOf(find).returns.toEqualTypeOf<Promise<{ id: string }>>()
    expectTypeOf(find).parameters.toEqualTypeOf<[id: string, _deep?: boolean | undefined]>()
    expectTypeOf(fetchUser.with({ retry: { attempts: 3 }, timeout: "30 seconds" }))
      .toEqualTypeOf<Action<[id: string], User>>()
    // @ts-expect-error a number is no id
    void (() => fetchUser(1))
    // @ts-expect-error a policy has no `retries`
    void (() => fetchUser.with({ retries: 3 }))
  })

  it("schemas give the arguments and hold the result", () => {
    const one = action({ input: Typed, output: Schema.Number }, async (typed) => typed.at.getTime())
    expectTypeOf(one).parameters.toEqualTypeOf<[Typed]>()
    expectTypeOf(one).returns.toEqualTypeOf<Promise<number>>()
    const two = action({ input: [Schema.String, Schema.Number] }, async (a, b) => a.repeat(b))
    expectTypeOf(two).parameters.toEqualTypeOf<[string, number]>()
    // @ts-expect-error the output schema wants a number
    void (() => action({ output: Schema.Number }, async () => "seven"))
  })

  it("a workflow runs with the arguments of its function", () => {
    expectTypeOf(greeting).parameters.toEqualTypeOf<[id: string, times?: number | undefined]>()
    expectTypeOf(greeting.run).returns.toEqualTypeOf<Promise<{ user: User; times: number }>>()
    expectTypeOf(greeting.start).returns.toEqualTypeOf<
      Promise<Handle<{ user: User; times: number }>>
    >()
    expectTypeOf(greeting.execute("u1")).toEqualTypeOf<
      Effect.Effect<{ user: User; times: number }, RunError, RappelClient>
    >()
    expectTypeOf(greeting.with({ key: "k", delay: "1h" }).run).parameters
      .toEqualTypeOf<[id: string, times?: number | undefined]>()
    // @ts-expect-error the id is missing
    void (() => greeting.run())
  })

  it("a class runs with the arguments of its method", () => {
    expectTypeOf(() => Welcome.run("u1")).returns
      .toEqualTypeOf<Promise<{ id: string; polite: boolean }>>()
    expectTypeOf(() => Welcome.execute("u1", true)).returns.toEqualTypeOf<
      Effect.Effect<{ id: string; polite: boolean }, RunError, RappelClient>
    >()
    // @ts-expect-error an id is text
    void (() => Welcome.start(1))
    // @ts-expect-error a base class has no workflow of its own
    void (() => Workflow.run())
  })

  it("runAction gives the call's result", () => {
    expectTypeOf(() => runAction(fetchUser("u1"), { timeout: "1s" })).returns
      .toEqualTypeOf<Promise<User>>()
    expectTypeOf(() => runAction(() => count([]), {})).returns.toEqualTypeOf<Promise<number>>()
  })

  it("one layer is all that a test provides", () => {
    const run = () => greeting.execute("u1").pipe(Effect.provide(Rappel.layerMemory))
    expectTypeOf<Effect.Effect.Context<ReturnType<typeof run>>>().toEqualTypeOf<never>()
  })
})
