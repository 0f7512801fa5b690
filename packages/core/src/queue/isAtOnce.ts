/**
 * Whether a request names no time: then the dispatcher that starts it owns it at once.
 *
 * @since 0.1.0
 */
import type { StartRequest } from "./Queue.ts"

export const isAtOnce = ({ debounce, delayMillis = 0, dueAt, tick }: StartRequest): boolean =>
  debounce === undefined && dueAt === undefined && delayMillis <= 0 && tick?.waits !== true
