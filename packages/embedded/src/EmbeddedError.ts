/**
 * Why no Postgres could be found or started.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * There is no database: what was found, what follows from it and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class EmbeddedError
  extends Schema.TaggedError<EmbeddedError>("@rappel/embedded/EmbeddedError")("EmbeddedError", {
    state: Schema.String,
    remedy: Schema.String
  })
{
  override get message(): string {
    return `${this.state} So there is no database to run on. ${this.remedy}`
  }
}

/** Any other failure of the file system or of a process, as the one error of this package. */
export const fromUnknown = (cause: unknown): EmbeddedError =>
  cause instanceof EmbeddedError
    ? cause
    : new EmbeddedError({
      state: `Starting Postgres failed: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        "Check the rights on the folder that is named, or set DATABASE_URL to a Postgres of yours."
    })
