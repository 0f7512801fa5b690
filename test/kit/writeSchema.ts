/**
 * Writes `packages/sql/schema.sql`: the schema after all migrations (`npm run schema`).
 */
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"
import pg from "pg"
import { dumpSchema } from "./dumpSchema.ts"
import * as Postgres from "./Postgres.ts"

const file = resolve(import.meta.dirname, "../../packages/sql/schema.sql")
const client = new pg.Client({ connectionString: await Postgres.url() })
await client.connect()
writeFileSync(file, await dumpSchema(client))
await client.end()
