/** Claims what was started, calls the steps of each instance, and tells its result once it is durable. */
import { randomUUID } from "node:crypto"
import { makeCommitter } from "./committer.mjs"
import { CLAIM, START } from "./schema.mjs"

const CLAIM_BATCH = 500

export const makeDispatcher = (query, call) => {
  const committer = makeCommitter(query)
  /** What runs an instance, by its id: nothing here can load one that another process started. */
  const started = new Map()
  let isClaiming = false
  let isAsked = false

  /** One claim at a time; what is stored while one is on its way is looked for again. */
  const claim = async () => {
    isAsked = true
    if (isClaiming) return
    isClaiming = true
    while (isAsked) {
      isAsked = false
      const { rows } = await query(CLAIM, [CLAIM_BATCH])
      if (rows.length === CLAIM_BATCH) isAsked = true
      for (const { id, input } of rows) started.get(id)(input)
    }
    isClaiming = false
  }

  /** Each step has the text that the one before made, and is called once that is durable. */
  const chain = (instance, steps, end) => {
    let seq = 0
    const step = (text) =>
      call(text, seq, (outcome) => {
        const isLast = ++seq === steps
        committer.put(
          { instance, seq, outcome, result: isLast ? outcome : undefined },
          () => isLast ? end(outcome) : step(outcome)
        )
      })
    return step
  }

  /** All steps at the same time, and the beginnings of their texts joined. */
  const fanOut = (instance, steps, end) => (text) => {
    const made = []
    let seq = 0
    for (let i = 0; i < steps; i++) {
      call(text, i, (outcome) => {
        made[i] = outcome.slice(0, 8)
        const result = ++seq === steps ? made.join("") : undefined
        committer.put({ instance, seq, outcome, result }, () => {
          if (result !== undefined) end(result)
        })
      })
    }
  }

  /** Stores one instance for each text in one statement, and answers all results. */
  const runAll = async (shape, texts, steps) => {
    const ids = texts.map(() => randomUUID())
    const results = ids.map((id) =>
      new Promise((resolve) => {
        started.set(
          id,
          shape(id, steps, (result) => {
            started.delete(id)
            resolve(result)
          })
        )
      })
    )
    await query(START, [ids, texts])
    void claim()
    return Promise.all(results)
  }

  return {
    chains: (texts, steps) => runAll(chain, texts, steps),
    fanOut: async (text, steps) => (await runAll(fanOut, [text], steps))[0]
  }
}
