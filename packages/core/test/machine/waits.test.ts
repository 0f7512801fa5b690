import { assert, describe, it } from "@effect/vitest"
import { AT, drive } from "./driven.ts"

const kinds = (run: ReturnType<typeof drive>) =>
  run.commands.map(({ kind, ...rest }) => [kind, (rest as any).effect])

describe("waitFor", () => {
  it("takes signals in the order in which they came, those before the wait first", () => {
    const run = drive(`
      const A = signal<any>("a")
      await echo(0)
      const log: any[] = [await waitFor(A), await waitFor(A)]
      log.push(await waitFor(A))
      return log`)

    run.tell("a", 1).tell("other", "x").tell("a", { two: 2 }).settle(1)
    assert.deepStrictEqual(kinds(run), [["wait", 2]])
    run.restore().tell("a", new Map([[3, 3]]))
    assert.deepStrictEqual(run.value, [1, { two: 2 }, {}])
  })

  it("keeps signals that nobody has taken across a snapshot", () => {
    const run = drive(`
      const A = signal<any>("a"), B = signal<any>("b")
      await echo(0)
      return [await waitFor(B), await waitFor(A), await waitFor(A)]`)

    run.tell("a", 1).restore().tell("a", 2).tell("b", 3).restore().settle(1)
    assert.deepStrictEqual(run.value, [3, 1, 2])
  })

  it("serves several waits of a channel in the order of the waits", () => {
    const run = drive(`
      const A = signal<any>("a"), first = waitFor(A), second = waitFor(A)
      return [await second, await first]`)

    run.tell("a", 1).restore().tell("a", 2)
    assert.deepStrictEqual(run.value, [2, 1])
  })

  it("throws WaitTimeout when its time is over, and takes what comes later next time", () => {
    const run = drive(`
      const A = signal<any>("a")
      try { await waitFor(A, { timeout: "3 days" }) } catch (e: any) {
        return [e instanceof WaitTimeout, e instanceof Error, e.name, e.channel, await waitFor(A)]
      }`)

    assert.deepStrictEqual(run.commands, [
      { kind: "wait", effect: 1, channel: "a" },
      { kind: "timer", effect: 2, dueAt: AT + 3 * 86_400_000 }
    ])
    run.restore().fire(2, AT + 3 * 86_400_000)
    run.tell("a", "late")
    assert.deepStrictEqual(run.value, [true, true, "WaitTimeout", "a", "late"])
  })

  it("drops its timer when the signal comes, and a late firing changes nothing", () => {
    const run = drive(`
      const A = signal<any>("a")
      const got = await waitFor(A, { timeout: 1000 })
      return [got, await echo(1)]`)

    run.restore().tell("a", 1)
    assert.deepStrictEqual(kinds(run), [["drop", 2], ["call", 3]])
    run.fire(2).settle(3, "x")
    assert.deepStrictEqual(run.value, [1, "x"])
  })

  it("is a promise as any other: raced, stored, awaited in parallel", () => {
    const run = drive(`
      const A = signal<any>("a"), B = signal<any>("b")
      const winner = await Promise.race([waitFor(A), sleep("1 day").then(() => "late")])
      return [winner, await Promise.all([waitFor(A), waitFor(B)])]`)

    run.tell("b", "b").restore().tell("a", 1).restore().tell("a", 2)
    assert.deepStrictEqual(run.value, [1, [2, "b"]])
  })

  it("does not keep an instance open once its result is fixed", () => {
    const run = drive(`const A = signal<any>("a"); void waitFor(A).then(() => echo(1)); return 5`)

    assert.isTrue(run.last.closed)
    assert.deepStrictEqual(run.tell("a", 1).commands, [])
  })

  it("refuses what is no channel", () => {
    assert.match(
      drive(`await waitFor("a" as any)`).error.message,
      /signal\(name\) or update\(name\)/
    )
    assert.match(drive(`signal("")`).error.message, /a name that is not empty/)
  })
})

describe("update", () => {
  it("answers the message that asked, now or after other events", () => {
    const run = drive(`
      const Q = update<any, any>("quote")
      const first = await waitFor(Q)
      first.reply(first.value * 2)
      const second = await waitFor(Q)
      await echo(1)
      second.reject(new RangeError("no"))
      try { second.reply(1) } catch (e: any) { return e.message }`)

    run.tell("quote", 4, "m-1")
    assert.deepStrictEqual(run.commands[0], {
      kind: "reply",
      message: "m-1",
      outcome: { ok: true, value: "8" }
    })
    run.tell("quote", 1, "m-2").restore().settle(3)
    const [reply] = run.commands
    assert.deepInclude(reply, { kind: "reply", message: "m-2" })
    assert.propertyVal((reply as any).outcome, "ok", false)
    assert.strictEqual(run.value, "The request was answered before")
  })
})

describe("until", () => {
  it("is asked again after every event, in the order of the waits", () => {
    const run = drive(`
      const items: any[] = [], A = signal<any>("a"), log: any[] = []
      const collect = (async () => { for (;;) items.push(await waitFor(A)) })()
      const two = until(() => items.length >= 2).then(() => log.push("two"))
      await until(() => items.length >= 3)
      log.push("three"); await two
      return [log, items]`)

    run.tell("a", 1).restore().tell("a", 2).restore().tell("a", 3)
    assert.deepStrictEqual(run.value, [["two", "three"], [1, 2, 3]])
  })

  it("that comes true by another condition's work is found in the same step", () => {
    const run = drive(`
      let a = 0, b = 0
      const second = until(() => b === 1)
      const first = until(() => a === 1).then(() => { b = 1 })
      await echo(1); a = 1
      await Promise.all([first, second])
      return "both"`)

    assert.strictEqual(run.settle(3).value, "both")
  })

  it("resolves at once when it is true already, and times out as waitFor does", () => {
    assert.strictEqual(drive("await until(() => true); return 1").value, 1)
    const run = drive(`
      let ready = false
      try { await until(() => ready, { timeout: "1s" }) } catch (e: any) { return [e instanceof WaitTimeout, e.channel] }`)
    assert.deepStrictEqual(run.restore().fire(2, AT + 1000).value, [true, null])
  })

  it("rejects with what the predicate throws, and refuses one that does something", () => {
    const run = drive(`
      let broken = false
      const wait = until(() => { if (broken) throw new RangeError("broken"); return false })
      await echo(1); broken = true
      try { await wait } catch (e: any) { return e.message }`)
    assert.strictEqual(run.settle(2).value, "broken")
    assert.match(drive("await until(() => { echo(1); return true })").error.message, /only reads/)
    assert.match(drive("await until((async () => true) as any)").error.message, /only reads/)
  })
})

describe("publish", () => {
  it("asks to show a value, and refuses one that cannot be stored", () => {
    const run = drive(`publish("progress", { done: 1 }); await echo(1); publish("f", () => 1)`)

    assert.deepStrictEqual(run.commands[0], {
      kind: "publish",
      name: "progress",
      value: `{"done":1}`
    })
    assert.strictEqual(run.settle(1).error.name, "ValueNotStorable")
  })
})

describe("cancellation", () => {
  it("rejects waits and conditions with the others, in order, and once", () => {
    const run = drive(`
      const A = signal<any>("a"), log: any[] = []
      const watch = (name: string, p: Promise<any>) => p.catch((e: any) => log.push([name, e instanceof Cancelled, e.reason]))
      await Promise.all([
        watch("until", until(() => false)),
        watch("call", echo(1)),
        watch("wait", waitFor(A, { timeout: "1h" })),
        watch("until2", until(() => false, { timeout: "1h" }))
      ])
      await echo("undo")
      return log`)

    run.restore().cancel("no more")
    assert.deepStrictEqual(kinds(run), [["drop", 2], ["drop", 4], ["drop", 6], ["call", 7]])
    assert.deepStrictEqual(run.restore().cancel("again").commands, [])
    run.settle(7)
    assert.deepStrictEqual(
      run.value,
      ["until", "call", "wait", "until2"].map((name) => [name, true, "no more"])
    )
  })

  it("that nobody catches is the instance's verdict; another error is a failure", () => {
    const cancelled = drive("try { await echo(1) } finally { await echo(2) }").cancel().settle(2)
    assert.propertyVal(cancelled.outcome!, "verdict", "cancelled")
    const failed = drive("try { await echo(1) } catch { throw new Error('undo failed') }").cancel()
    assert.notProperty(failed.outcome!, "verdict")
    const own = drive("throw new Cancelled('by itself')")
    assert.notProperty(own.outcome!, "verdict")
  })
})
