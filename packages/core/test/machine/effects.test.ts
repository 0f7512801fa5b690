import { assert, describe, it } from "@effect/vitest"
import { AT, drive } from "./driven.ts"

const kinds = (commands: ReadonlyArray<{ readonly kind: string }>) =>
  commands.map(({ kind }) => kind)

describe("calls", () => {
  it("are numbered from 1 in the order of their emission", () => {
    const run = drive(
      "await Promise.all([echo('a'), add(1, 2)]); await sleep('1s'); return await echo('b')"
    )

    assert.deepStrictEqual(run.commands, [
      { kind: "call", effect: 1, action: "src/case.ts#echo", args: `["a"]`, policy: {} },
      { kind: "call", effect: 2, action: "src/case.ts#add", args: "[1,2]", policy: {} }
    ])
    assert.deepStrictEqual(run.settle(2).commands, [])
    assert.deepStrictEqual(run.settle(1).commands, [{ kind: "timer", effect: 3, dueAt: AT + 1000 }])
    assert.deepStrictEqual(kinds(run.fire(3, AT + 1000).commands), ["call"])
    assert.deepStrictEqual(run.settle(4, "end").commands, [
      { kind: "complete", outcome: { ok: true, value: `"end"` } }
    ])
    assert.isTrue(run.last.closed)
  })

  it("take the declared parameters, or all with a rest", () => {
    const run = drive(
      "void [1].map(echo); void all(1, undefined); void none(1, 2); void echo(); await echo(undefined)"
    )

    const args = run.commands.map((command) => command.kind === "call" && command.args)
    assert.deepStrictEqual(args.slice(0, 1), ["[1]"])
    assert.include(args[1] as string, "$rappel")
    assert.deepStrictEqual(args.slice(2, 4), ["[]", "[]"])
  })

  it("encode their arguments at once", () => {
    const run = drive("const o = { n: 1 }; const p = echo(o); o.n = 2; await p")

    assert.propertyVal(run.commands[0]!, "args", `[{"n":1}]`)
  })

  it("refuse an argument that cannot be stored where they stand", () => {
    const run = drive(
      "try { await echo({ f: [() => 1] }) } catch (e: any) { return [e.name, e.path, e instanceof Error, e.message] }"
    )

    const [name, path, isError, message] = run.value as [string, string, boolean, string]
    assert.deepStrictEqual([name, path, isError], ["ValueNotStorable", "[0].f[0]", true])
    assert.include(message, "cannot be stored")
  })

  it("fail the workflow when its result cannot be stored", () => {
    const run = drive("return { open: () => 1 }")

    assert.strictEqual(run.error.name, "ValueNotStorable")
    assert.include(run.error.message, "`open`")
    assert.isTrue(run.last.closed)
  })

  it("reject when their value cannot be decoded", () => {
    const run = drive(
      "try { return await echo(1) } catch (e: any) { return [e.name, e.className] }"
    )
    const text = `{"$rappel":[1,[[0]],[["o",{"x":1},{"p":[["Money",null,null]]}]]]}`
    run.steps.push(run.machine.apply(run.state, {
      kind: "settled",
      effect: 1,
      at: AT,
      outcome: { ok: true, value: text }
    }))

    assert.deepStrictEqual(run.value, ["ValueNotStorable", "Money"])
  })

  it("put the number of attempts on the error", () => {
    const body = "try { await echo(1) } catch (e: any) { return [e.attempts, e.message] }"

    assert.deepStrictEqual(drive(body).reject(1, new Error("no"), 3).value, [3, "no"])
    assert.deepStrictEqual(drive(body).reject(1, new Error("no")).value, [null, "no"])
  })

  it("that are unknown or settled are ignored", () => {
    const run = drive("return await echo(1)")
    const nothing = { commands: [], closed: false, fuel: 0 }

    assert.deepStrictEqual(run.settle(9).last, nothing)
    assert.deepStrictEqual(run.fire(1).last, nothing)
    run.settle(1, 5)
    assert.deepStrictEqual(run.settle(1, 6).last, { ...nothing, closed: true })
  })
})

describe("policies", () => {
  it("go with a call, and later ones over earlier ones", () => {
    const run = drive(`
      const slow = echo.with({ timeout: "1h" })
      const both = slow.with({ retry: { attempts: 3, retryOn: [TypeError] } }).with({ timeout: 5 })
      void slow(1); void both(2); await echo(3)`)

    const policies = run.commands.map((command) => command.kind === "call" && command.policy)
    assert.deepStrictEqual(policies, [
      { timeoutMillis: 3_600_000 },
      { timeoutMillis: 5, retry: { attempts: 3, retryOn: ["TypeError"] } },
      {}
    ])
  })

  it("are set by runAction on a call or on the first call of a thunk", () => {
    const run = drive(`
      const policy = { retry: { attempts: 2 } }
      void runAction(echo(1), policy); void runAction(() => echo(2), policy)
      void runAction(async () => { await echo(3); return echo(4) }, policy); await echo(5)`)

    const retried = run.commands.map((command) =>
      command.kind === "call" ? [command.args, command.policy.retry !== undefined] : command
    )
    assert.deepStrictEqual(retried, [["[1]", true], ["[2]", true], ["[3]", true], ["[5]", false]])
  })

  it("are refused where no call is", () => {
    const body = (call: string) =>
      `try { await runAction(${call}, { timeout: 1 }) } catch (e: any) { return [e.name, e.message] }`

    for (const call of ["5 as any", "Promise.resolve(1)", "() => 1 as any", "undefined as any"]) {
      assert.include((drive(body(call)).value as Array<string>)[1], "runAction", call)
    }
    const late = drive(
      "const p = echo(1); await p; try { await runAction(p, { timeout: 1 }) } catch (e: any) { return e.name }"
    )
    assert.strictEqual(late.settle(1).value, "TypeError")
  })

  it("with options that none has are refused at the call", () => {
    const run = drive(
      "try { echo.with({ retries: 1 } as any) } catch (e: any) { return [e.name, e.message] }"
    )

    assert.include((run.value as Array<string>)[1], "\"retries\"")
  })
})

describe("timers", () => {
  it("are due from the step's time, never in its past", () => {
    const run = drive(
      "void sleep('1.5s'); void sleep(-5); void sleep('2 days'); setTimeout(() => {}, 7); setTimeout(() => {}); await echo(1)"
    )

    const due = run.commands.flatMap((command) =>
      command.kind === "timer" ? [command.dueAt - AT] : []
    )
    assert.deepStrictEqual(due, [1500, 0, 172_800_000, 7, 1])
  })

  it("call back with arguments and this, as a task of its own", () => {
    const run = drive(`
      const log: any[] = []
      const t: any = setTimeout(function(this: any, a: any, b: any) { log.push(a, b, this === t); Promise.resolve().then(() => log.push("job")) }, 5, 1, 2)
      await echo(1)
      return log`)

    run.fire(1)
    assert.deepStrictEqual(run.settle(2).value, [1, 2, true, "job"])
  })

  it("are dropped when they are cleared", () => {
    const run = drive(
      "const t = setTimeout(() => {}, 5); await echo(1); clearTimeout(t); clearTimeout(t); clearTimeout(undefined); await echo(2)"
    )

    assert.deepStrictEqual(run.settle(2).commands.slice(0, 2), [
      { kind: "drop", effect: 1 },
      { kind: "call", effect: 3, action: "src/case.ts#echo", args: "[2]", policy: {} }
    ])
    assert.isFalse(run.state.pending.has(1))
  })

  it("whose callback throws end the workflow, as in Node", () => {
    const run = drive("setTimeout(() => { throw new TypeError('late') }, 5); await sleep(10)")

    run.fire(1, AT + 5)
    assert.strictEqual(run.error.message, "late")
    assert.deepStrictEqual(kinds(run.commands), ["complete", "drop"])
    assert.isTrue(run.last.closed)
  })

  it("refuse what is no duration", () => {
    assert.include(drive("await sleep('soon')").error.message, "soon")
  })
})

describe("the end", () => {
  it("drops the timers that remain; calls run on", () => {
    const run = drive("void sleep(5); setTimeout(() => {}, 1); void echo(1); return 'done'")

    assert.deepStrictEqual(kinds(run.commands), [
      "timer",
      "timer",
      "call",
      "complete",
      "drop",
      "drop"
    ])
    assert.isFalse(run.last.closed)
    assert.deepStrictEqual(Array.from(run.state.pending.keys()), [3])
    assert.isTrue(run.settle(3).last.closed)
  })

  it("leaves background code running, which cannot change the result", () => {
    const run = drive(
      "void (async () => { await echo(1); console.log('on'); await echo(2); throw new Error('late') })(); return 'first'"
    )

    assert.strictEqual(run.value, "first")
    assert.deepStrictEqual(kinds(run.settle(1).commands), ["log", "call"])
    run.restore()
    const [log] = run.settle(2).commands
    assert.propertyVal(log!, "level", "error")
    assert.include((log as { readonly text: string }).text, "late")
    assert.isTrue(run.last.closed)
    assert.isUndefined(run.last.outcome)
  })

  it("comes with what a plain return or throw gives", () => {
    assert.strictEqual(drive("return 5").value, 5)
    assert.isUndefined(drive("").value)
    assert.strictEqual(drive("throw new RangeError('x')").error.name, "RangeError")
    assert.deepStrictEqual(drive("return args", [1, { a: [2] }]).value, [1, { a: [2] }])
  })

  it("fails an instance whose input is no list of arguments", () => {
    const { machine } = drive("return 1")
    const { step } = machine.start({ instanceId: "i", input: `{"a":1}`, seed: "00", at: AT })

    assert.propertyVal(step.outcome!, "ok", false)
  })
})

describe("cancellation", () => {
  it("rejects every pending effect once, in order", () => {
    const run = drive(`
      const log: any[] = []
      const watch = (name: string, p: any) => p.catch((e: any) => log.push([name, e.name, e.message, e instanceof Error]))
      await Promise.all([watch("call", echo(1)), watch("sleep", sleep(5)), watch("timeout", new Promise((r) => setTimeout(r, 5)))])
      try { await echo(2); log.push("went on") } finally { log.push("cleanup"); await echo(3) }
      return log`)

    run.cancel()
    assert.deepStrictEqual(run.commands.map(({ kind, ...rest }) => [kind, (rest as any).effect]), [
      ["drop", 1],
      ["drop", 2],
      ["drop", 3],
      ["call", 4]
    ])
    run.settle(1).settle(4).settle(5)
    assert.deepStrictEqual(run.value, [
      ["call", "Cancelled", "The workflow was cancelled", true],
      ["sleep", "Cancelled", "The workflow was cancelled", true],
      ["timeout", "Cancelled", "The workflow was cancelled", true],
      "went on",
      "cleanup"
    ])
  })

  it("lets finally run durably and fails the workflow", () => {
    const run = drive("try { await echo(1) } finally { await echo('undo') }")

    run.cancel().restore()
    assert.propertyVal(run.steps[1]!.commands[1]!, "args", `["undo"]`)
    assert.strictEqual(run.settle(2).error.name, "Cancelled")
  })
})

describe("logs", () => {
  it("have the level of the method", () => {
    const run = drive(
      "console.log('a', { b: 1 }); console.info(1); console.warn('w'); console.error(new Error('e').message); console.debug()"
    )

    assert.deepStrictEqual(run.commands.slice(0, 5), [
      { kind: "log", level: "info", text: "a { b: 1 }" },
      { kind: "log", level: "info", text: "1" },
      { kind: "log", level: "warn", text: "w" },
      { kind: "log", level: "error", text: "e" },
      { kind: "log", level: "debug", text: "" }
    ])
  })
})

describe("time and chance", () => {
  it("come from the step", () => {
    const run = drive(
      "const a = [Date.now(), +new Date(), new Date().toISOString(), Date()]; await sleep(60000); return [...a, Date.now(), new (class extends Date {})().getTime()]"
    )

    run.fire(1, AT + 60_000)
    const [now, made, text, called, later, derived] = run.value as Array<unknown>
    assert.deepStrictEqual([now, made, text], [AT, AT, new Date(AT).toISOString()])
    assert.strictEqual(called, new Date(AT).toString())
    assert.deepStrictEqual([later, derived], [AT + 60_000, AT + 60_000])
  })

  it("repeat with the same seed, also across a snapshot", () => {
    const body = `
      const draw = () => [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]
      const first = draw(); await echo(1); return [first, draw(), Math.random.call(null), (0, Math.random)()]`
    const a = drive(body).settle(1)
    const b = drive(body).restore().settle(1)

    assert.deepStrictEqual(a.value, b.value)
    const [[fraction, uuid]] = a.value as [[number, string]]
    assert.isTrue(fraction >= 0 && fraction < 1)
    assert.match(uuid, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})

describe("predicates of a policy", () => {
  const judging = (matchers: string) =>
    drive(
      `let limit = 2
      const seen: any[] = []
      const careful = echo.with({ retry: { ${matchers} } })
      try { return await careful(1) } catch (e: any) { return [e.message, e.attempts ?? null, seen, limit] }`
    )

  it("are asked with the error, and may use the workflow's variables", () => {
    const run = judging(`retryOn: (e: any) => { seen.push(e.message); return seen.length < limit }`)

    assert.isTrue(run.fail(1, new Error("first"), 1).last.mayRetry)
    assert.isFalse(run.last.closed)
    assert.isFalse(run.restore().fail(1, new Error("second"), 2).last.mayRetry)
    assert.deepStrictEqual(run.value, ["second", 2, ["first", "second"], 2])
  })

  it("stay with a call and with an action that is a value, also in a snapshot", () => {
    const run = drive(`
      const careful = echo.with({ retry: { stopOn: [TypeError, (e: any) => e.code === 4] } })
      await echo(0)
      try { await careful(1) } catch (e: any) { return e.code }`)

    run.restore().settle(1).restore()
    assert.isTrue(run.fail(2, Object.assign(new Error("a"), { code: 5 }), 1).last.mayRetry)
    assert.isFalse(run.fail(2, Object.assign(new Error("b"), { code: 4 }), 2).last.mayRetry)
    assert.strictEqual(run.value, 4)
  })

  it("go when a later policy brings a retry of its own, and stay under one without", () => {
    const run = drive(`
      const careful = echo.with({ retry: { retryOn: () => false } })
      void careful.with({ timeout: 5 })(1); void careful.with({ retry: 3 })(2)
      void runAction(() => careful(3), { retry: 2 }); void runAction(careful(4), { retry: { stopOn: () => true } })
      await echo(9)`)

    const judged = run.commands.map((command) =>
      command.kind === "call" && command.policy.retry?.judged === true
    )
    assert.deepStrictEqual(judged, [true, false, false, true, false])
    assert.isFalse(run.fail(4, new Error("a"), 1).last.mayRetry)
  })

  it("that throw settle the call with what they threw", () => {
    const run = judging(`retryOn: () => { throw new RangeError("own") }`)

    assert.isFalse(run.fail(1, new Error("first"), 1).last.mayRetry)
    assert.deepStrictEqual(run.value, ["own", null, [], 2])
  })
})
