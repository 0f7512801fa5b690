/**
 * Instances that were stored by this format: each is a program, a state half way, and what its
 * next steps gave. What is written here once must be readable for ever.
 */

/** Bodies of workflows; every one has its state in the middle of something. */
export const BODIES: Readonly<Record<string, string>> = {
  "every-kind-of-value": `
    const shared: any = { n: -0, nan: NaN, big: 2n ** 70n, text: "ünï\\ud800", u: undefined }
    shared.self = shared
    const holes = [1, , 3]
    const frozen = Object.freeze({ a: Object.seal([shared]) })
    const re = /a(b)?/gy
    re.lastIndex = 1
    const bytes = new Uint8Array([1, 2, 3, 4])
    const view = new Int16Array(bytes.buffer, 2)
    const map = new Map<any, any>([[shared, 1], ["k", new Set([holes, NaN])]])
    const bare = Object.assign(Object.create(null), { [Symbol.for("s")]: new Date(5), d: new Date(NaN) })
    const error: any = Object.assign(new TypeError("t", { cause: shared }), { code: 7 })
    class Point {
      static made = 0
      #x = 1
      y = 2
      get sum() { return this.#x + this.y }
      add(n: number) { this.#x += n; Point.made++; return this }
    }
    class Named extends Point { name = "n"; override add(n: number) { return super.add(n * 2) } }
    const point = new Named().add(3)
    const bound = point.add.bind(point, 4)
    let counter = 0
    const closure = (by: number) => (counter += by)
    const url = new URL("https://example.com/a?b=1")
    const boxed = Object(5)
    const accessor = { get twice() { return counter * 2 }, set twice(v) { counter = v } }
    await echo(1)
    view[0] = 513
    closure(2)
    bound()
    accessor.twice += 10
    return [
      Object.is(shared.n, -0), shared.self === shared, 1 in holes, holes.length, Object.isFrozen(frozen),
      Object.isSealed(frozen.a), frozen.a[0] === shared, re.exec("aab")?.index, re.lastIndex, [...bytes],
      map.get(shared), map.get("k").has(holes), Object.getPrototypeOf(bare), bare[Symbol.for("s")].getTime(),
      error instanceof TypeError, error.cause === shared, error.code, point.sum, Point.made, point instanceof Named,
      counter, url.searchParams.get("b"), boxed + 1, shared.big, shared.text
    ]`,
  "suspended-generators": `
    const log: any[] = []
    function* inner() {
      try { yield 1; yield 2 } finally { log.push("inner closed") }
    }
    function* outer(): any {
      try { log.push(yield* inner()) } catch (e) { log.push(String(e)); yield 9 } finally { log.push("outer closed") }
    }
    async function* later() {
      try { yield await echo("a"); yield await echo("b") } finally { log.push("later closed") }
    }
    const it = outer(), late = later(), entries = new Map([["x", 1], ["y", 2]]).entries()
    it.next()
    entries.next()
    log.push(await late.next())
    await echo(2)
    log.push(it.throw(new RangeError("r")), it.return(5), entries.next().value)
    log.push(await late.return("end" as any))
    return log`,
  "try-and-finally": `
    const log: any[] = []
    const run = async (how: string) => {
      outer: for (const x of [1, 2, 3]) {
        try {
          log.push(x + await echo(how))
          if (how === "continue") continue outer
          if (how === "return") return "returned " + x
          throw new Error(how)
        } catch (e: any) {
          log.push(e.message, await echo("handled"))
          if (x === 2) break outer
        } finally {
          log.push(await echo("finally"))
        }
      }
      return "ended"
    }
    return [await Promise.all(["continue", "return", "throw"].map(run)), log]`,
  "promises-and-timers": `
    const log: any[] = []
    const slow = sleep(50).then(() => "slow")
    const never = new Promise(() => {})
    const any = Promise.any([Promise.reject(new Error("no")), echo("any")])
    const settled = Promise.allSettled([echo(1), Promise.reject(new TypeError("t")), slow])
    const first = Promise.race([never, slow, echo("first")])
    const timer = setTimeout((a: any) => { log.push("timer", a) }, 20, "arg")
    const cleared = setTimeout(() => { log.push("never") }, 30)
    const all = Promise.all([any, first, slow.finally(() => { log.push("after") })])
    await echo("now")
    clearTimeout(cleared)
    log.push(await all, (await settled).map((each: any) => each.value ?? each.reason.message))
    return [log, typeof timer]`
}
