/**
 * What the database says of instances that did not end in time, before anybody touches them: who
 * owns them, what they wait for, and who lives.
 */
import pg from "pg"

/** So many are shown. */
const MOST = 3

const QUERIES = {
  due: `select * from rappel.due where instance_id = any($1)`,
  events: `
    select instance_id, seq, kind, effect, at, left(payload, 100) as payload, message
    from rappel.event where instance_id = any($1) order by instance_id, seq`,
  inbox: `select * from rappel.inbox where instance_id = any($1)`,
  calls: `
    select id, instance_id, effect, attempt, queue, lane, taker, rank, alone, timeout
    from rappel.call where instance_id = any($1)`,
  children: `
    select id, name, parent, parent_effect, finished_at
    from rappel.instance where parent = any($1)`,
  dispatchers: `select *, now() as now from rappel.dispatcher order by id`
} as const

/** Lines of JSON, each with what it is of. */
export const describe = async (url: string): Promise<ReadonlyArray<string>> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const open = await client.query(
      `select id from rappel.instance where finished_at is null order by id limit ${MOST}`
    )
    const ids = open.rows.map(({ id }) => id)
    const lines: Array<string> = []
    for (const [what, query] of Object.entries(QUERIES)) {
      const { rows } = await client.query(query, query.includes("$1") ? [ids] : [])
      for (const row of rows) lines.push(`${what} ${JSON.stringify(row)}`)
    }
    return lines
  } finally {
    await client.end()
  }
}
