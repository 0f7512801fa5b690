/** One statement for all that came together; while it is on its way the next one gathers. */
import { COMMIT } from "./schema.mjs"

const newBatch = () => ({ instances: [], seqs: [], outcomes: [], ended: [], results: [], then: [] })

export const makeCommitter = (query) => {
  let batch = newBatch()
  let isBusy = false

  const commit = async () => {
    const { ended, instances, outcomes, results, seqs, then } = batch
    batch = newBatch()
    await query(COMMIT, [instances, seqs, outcomes, ended, results])
    isBusy = false
    for (const next of then) next()
    kick()
  }

  const kick = () => {
    if (isBusy || batch.instances.length === 0) return
    isBusy = true
    setImmediate(commit)
  }

  return {
    /** Stores an outcome, and the result if it was the last one; `then` is called once it is durable. */
    put: ({ instance, outcome, result, seq }, then) => {
      batch.instances.push(instance)
      batch.seqs.push(seq)
      batch.outcomes.push(outcome)
      if (result !== undefined) {
        batch.ended.push(instance)
        batch.results.push(result)
      }
      batch.then.push(then)
      kick()
    }
  }
}
