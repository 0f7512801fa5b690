/**
 * The part of the platform's abort signals that core names.
 *
 * Core is compiled without the types of a platform. An interface declared twice is
 * merged, so in a user's program this is the `AbortSignal` that `fetch` takes.
 */
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: any
}
