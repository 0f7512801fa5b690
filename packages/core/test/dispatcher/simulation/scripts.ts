/**
 * The programs that the simulation compiles, and what they may return whatever happens to the hosts.
 */

export interface Script {
  /** Further workflows, which `body` may call. */
  readonly others?: string
  /** Of a workflow of `n`. */
  readonly body: string
  /** One of these is `n`. */
  readonly inputs: ReadonlyArray<number>
  /** What it may return. */
  readonly expected: (n: number) => ReadonlyArray<unknown>
  /** What is sent on the channel `go`, in whatever order. */
  readonly signals?: ReadonlyArray<string>
  /** It is asked to end so at some time, and may do it. */
  readonly end?: "cancel" | "terminate"
  readonly attempts?: number
  /** It is cancelled so long after its start. */
  readonly deadlineMillis?: number
  /** Somebody does this to it when it has failed, or while it waits. */
  readonly repair?: "retry" | "skip" | "skip-live"
}

export const SCRIPTS: ReadonlyArray<Script> = [
  {
    body: `let sum = 0
      for (let i = 0; i < n; i++) { sum += await echo(i); if (i === 1) await sleep(150) }
      return sum`,
    inputs: [1, 3, 5],
    expected: (n) => [[0, 0, 1, 3, 6, 10][n]]
  },
  {
    body: `const [a, b] = await Promise.all([
        echo(n), sleep(n * 100).then(() => echo(2)), echo("c")
      ])
      let log = ""
      try { await boom() }
      catch (e: any) { log += await echo(e.message) }
      finally { log += await echo("!") }
      return [a, b, log]`,
    inputs: [1, 2],
    expected: (n) => [[n, 2, "no!"]]
  },
  {
    body: `const Go = signal<any>("go")
      const got: any[] = []
      for (let i = 0; i < n; i++) { got.push(await waitFor(Go)); await echo(i) }
      return got.sort()`,
    inputs: [2],
    expected: () => [["one", "two"]],
    signals: ["one", "two"]
  },
  {
    body: `let s = 0
      try { s = await echo(1); await sleep(300); s += await echo(2) }
      finally { await echo(3); await sleep(50) }
      return s`,
    inputs: [0],
    expected: () => [3],
    end: "cancel"
  },
  {
    body: `const policy = { retry: { attempts: 3, backoff: { kind: "constant", base: 80 } } }
      try { return await boom.with(policy)() }
      catch (e: any) { return [e.message, e.attempts] }`,
    inputs: [0],
    expected: () => [["no", 3]],
    attempts: 2
  },
  {
    body: `const one = (i: number) =>
        limited.with({ limit: { key: "k", concurrency: 2 } })(i)
      return await Promise.all([0, 1, 2, 3].slice(0, n).map(one))`,
    inputs: [3, 4],
    expected: (n) => [[0, 1, 2, 3].slice(0, n)]
  },
  {
    others: `export const part = workflow(async (n: any): Promise<any> => {
      const a = await echo(n); await sleep(120); return a * 2
    })
    `,
    body: `const [a, b] = await Promise.all([part(n), part(n + 1)])
      return [a, b, await echo(a + b)]`,
    inputs: [1, 5],
    expected: (n) => [[2 * n, 2 * n + 2, 4 * n + 2]]
  },
  {
    body: `const late = async (policy: any) => {
        try { return await hang.with(policy)(n) }
        catch (e: any) { return [e.name, e.limit, e.timeouts] }
      }
      return [
        await late({ timeout: 150, timeoutAttempts: 2 }),
        await late({ deadline: 400, ...(n === 2 ? { queue: "remote" } : {}) }),
        await late({ heartbeat: 250, timeoutAttempts: 1, ...(n === 1 ? { queue: "remote" } : {}) })
      ].map((one: any) => one.slice(0, 2))`,
    inputs: [1, 2],
    expected: () => [["timeout", "deadline", "heartbeat"].map((limit) => ["ActionTimeout", limit])]
  },
  {
    body: `const one = (i: number, more: any) =>
        echo.with({ heartbeat: 400, timeout: 900, ...more })(i)
      return await Promise.all([one(n, {}), one(n + 1, {}), one(n + 2, { queue: "remote" })])`,
    inputs: [1, 4],
    expected: (n) => [[n, n + 1, n + 2]]
  },
  {
    body: `let got: any
      const policy = { retry: { attempts: 99, backoff: 50 }, ...(n === 1 ? { timeout: 400, timeoutAttempts: 1 } : { deadline: 400 }) }
      try { got = await book.with(policy)(n) }
      catch (e: any) { if (e.name === "Cancelled") throw e; got = "late" }
      return [got, await echo(n)]`,
    inputs: [1, 2],
    expected: (n) => [[n, n], ["late", n]],
    end: "cancel"
  },
  {
    body: `const policy = { retry: { attempts: 99, backoff: 50 }, timeout: 400 }
      return await Promise.all([book.with(policy)(n), book.with(policy)(n + 1)])`,
    inputs: [1, 5],
    expected: (n) => [[n, n + 1]]
  },
  {
    body: `const Go = signal<any>("go")
      const got: any[] = []
      while (got.length < 3) {
        try { got.push(await waitFor(Go, { timeout: 200 })) }
        catch (e: any) { if (e.name !== "WaitTimeout") throw e; await echo(n) }
      }
      return got.sort()`,
    inputs: [1],
    expected: () => [["one", "three", "two"]],
    signals: ["one", "two", "three"]
  },
  {
    others: `export const part = workflow(async (n: any): Promise<any> => {
      try { await sleep(1e11) } finally { await echo(n) }
    })
    `,
    body: `try { return await part(n) } catch (e: any) { return await echo(e.name) }`,
    inputs: [1],
    expected: () => ["Cancelled"],
    end: "cancel"
  },
  {
    others: `export const part = workflow(async (n: any): Promise<any> => { await sleep(1e11) })
    `,
    body: `await Promise.all([part(n), part(n + 1)])`,
    inputs: [1],
    expected: () => [],
    end: "terminate"
  },
  {
    body: `try { return await hang.with({ timeout: null })(n) } finally { await echo(n) }`,
    inputs: [1],
    expected: () => [],
    deadlineMillis: 700
  },
  ...(["retry", "skip"] as const).map((repair): Script => ({
    body: `const a = await echo(n)
      const policy = n === 1 ? {} : { queue: "remote", retry: { attempts: 2, backoff: 50 } }
      const [b, c] = await Promise.all([
        moody.with(policy)(n), sleep(60).then(() => echo("k")), echo(0)
      ])
      return [a, b, c, await echo(b)]`,
    inputs: [1, 2],
    expected: (n) => repair === "retry" ? [[n, n, "k", n]] : [[n, n, "k", n], [n, "?", "k", "?"]],
    repair
  })),
  {
    others: `export const part = workflow(async (n: any): Promise<any> => {
      const a = await echo(n); await sleep(80); return a + await moody(n)
    })
    `,
    body: `return await Promise.all([part(n), echo(0).then(() => part(n + 1))])`,
    inputs: [1],
    expected: (n) => [[2 * n, 2 * n + 2]],
    repair: "retry"
  },
  {
    body: `const policy = n === 1 ? { timeout: null } : { timeout: 300, queue: "remote" }
      return [await hang.with(policy)(n), await echo(n)]`,
    inputs: [1, 2],
    expected: (n) => [["?", n]],
    repair: "skip-live"
  }
]
