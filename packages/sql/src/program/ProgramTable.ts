/**
 * `rappel.program`: every statement that reads or writes the table.
 *
 * The body is JSON as text: it is hashed, so it must come back the same byte for byte.
 *
 * @since 0.1.0
 */
import type { ProgramFile } from "@rappel/core/program/Program"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"

export const make = (run: Run) => {
  /** Index: `program_pkey`. Answers those of `hashes` that are stored. */
  const get = (hashes: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<ProgramFile>, unknown> =>
    Effect.map(
      run({
        name: "program_get",
        text: `
          select hash, body
          from rappel.program
          where hash = any($1::text[])`
      }, [hashes]),
      (rows) =>
        rows.map((row) => ({ hash: row["hash"] as string, ...JSON.parse(row["body"] as string) }))
    )

  /** Index: `program_pkey`. */
  const known = (hashes: ReadonlyArray<string>): Effect.Effect<ReadonlySet<string>, unknown> =>
    Effect.map(
      run({
        name: "program_known",
        text: `
          select hash
          from rappel.program
          where hash = any($1::text[])`
      }, [hashes]),
      (rows) => new Set(rows.map((row) => row["hash"] as string))
    )

  /** Locks: waits for another process that stores one of the same programs at this moment. */
  const insert = (files: ReadonlyArray<ProgramFile>): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({
      name: "program_insert",
      text: `
        insert into rappel.program (hash, name, body)
        select hash, name, body
        from unnest($1::text[], $2::text[], $3::text[]) with ordinality as file (hash, name, body, nth)
        order by nth
        on conflict (hash) do nothing`
    }, [
      files.map((file) => file.hash),
      files.map((file) => file.program.name),
      files.map(({ positions, program }) => JSON.stringify({ program, positions }))
    ]))

  /** Stores what is missing; the bodies of what is there already are not sent. */
  const put = (files: ReadonlyArray<ProgramFile>): Effect.Effect<void, unknown> =>
    Effect.flatMap(known(files.map((file) => file.hash)), (stored) => {
      const missing = files.filter((file) => !stored.has(file.hash))
      return missing.length === 0 ? Effect.void : insert(missing)
    })

  /** What was deployed, else the newest. Indexes: `deployment_pkey`, `program_newest_idx`. */
  const newest = (name: string): Effect.Effect<string | undefined, unknown> =>
    Effect.map(
      run({ name: "program_newest", text: "select rappel.program_of($1) as hash" }, [name]),
      ([row]) => row!["hash"] as string | null ?? undefined
    )

  /** Index: `program_newest_idx`. */
  const names: Effect.Effect<ReadonlyArray<string>, unknown> = Effect.map(
    run({ name: "program_names", text: "select distinct name from rappel.program" }, []),
    (rows) => rows.map((row) => row["name"] as string)
  )

  /** Starts by name use these from now on. Locks: the rows of these names. */
  const deploy = (files: ReadonlyArray<ProgramFile>): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({
      name: "program_deploy",
      text: `
        insert into rappel.deployment (name, program)
        select name, program
        from unnest($1::text[], $2::text[]) as deployed (name, program)
        order by name
        on conflict (name) do update set program = excluded.program, deployed_at = now()`
    }, [files.map((file) => file.program.name), files.map((file) => file.hash)]))

  return { put, get, newest, names, deploy } as const
}
