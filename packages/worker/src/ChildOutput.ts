/**
 * What a worker writes to stderr: passed on as it comes, and its end kept for messages.
 *
 * @since 0.1.0
 */
import type { Readable } from "node:stream"

/** Characters that are kept: a stack trace, not a log. */
const KEPT = 4000

/** Answers the end of what has come, without blank lines at its ends. */
export const follow = (stream: Readable, forward: (chunk: Buffer) => void): () => string => {
  let kept = ""
  stream.on("data", (chunk: Buffer) => {
    kept = (kept + chunk.toString("utf8")).slice(-KEPT)
    forward(chunk)
  })
  stream.on("error", () => {})
  return () => kept.trim()
}
