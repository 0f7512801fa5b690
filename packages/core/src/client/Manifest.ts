/**
 * What `rappel build` leaves behind: which programs exist and where actions are found.
 *
 * The file is `.rappel/manifest.json` below the project root; programs stand beside it,
 * one file per hash. Paths are relative to the project root with forward slashes.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** The only format so far; a reader refuses others. */
export const MANIFEST_FORMAT = 1

export const ManifestWorkflow = Schema.Struct({
  name: Schema.String,
  file: Schema.String,
  export: Schema.String,
  /** Of the `workflow(...)` call or the class name, from 1: matched against call sites. */
  line: Schema.Int,
  column: Schema.Int,
  endLine: Schema.Int,
  hash: Schema.String,
  /** The program's file: `.rappel/programs/<hash>.json`. */
  program: Schema.String
})
export type ManifestWorkflow = typeof ManifestWorkflow.Type

export const Manifest = Schema.Struct({
  format: Schema.Literal(MANIFEST_FORMAT),
  workflows: Schema.Array(ManifestWorkflow),
  actions: Schema.Array(Schema.Struct({
    id: Schema.String,
    file: Schema.String,
    export: Schema.String
  })),
  /** The module that imports all action modules and registers their functions. */
  generated: Schema.String
})
export type Manifest = typeof Manifest.Type
