/**
 * A process that starts or attaches, prints one JSON line, and lives until its stdin ends.
 * `stop` on stdin ends its use of the database first.
 */
import * as Embedded from "@rappel/embedded/Embedded"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { createInterface } from "node:readline"

const options: Embedded.Options = JSON.parse(process.argv[2]!)
const found = await Effect.runPromise(Effect.either(Embedded.ensure(options)))
if (Either.isLeft(found)) {
  console.log(JSON.stringify({ error: found.left.message }))
  process.exit(1)
}
const { stop, ...database } = found.right
console.log(JSON.stringify(database))
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "stop") {
    await Effect.runPromise(stop)
    console.log(JSON.stringify({ stopped: true }))
  }
}
