/**
 * When an instance is due once it is given away; undefined to keep it.
 *
 * @since 0.1.0
 */
import { type Owned, parkOf } from "../Owned.ts"
import type { Holdings } from "./Holdings.ts"

export const parkTime = (
  holdings: Holdings,
  owned: Owned
): { readonly dueAt: number | null } | undefined => {
  const now = holdings.services.now()
  const park = parkOf(owned)
  if (holdings.isDraining) {
    if (owned.running > 0) return undefined
    return park === undefined || (park.dueAt ?? Infinity) <= now ? { dueAt: now } : park
  }
  if (park === undefined) return undefined
  const { parkAfterMillis } = holdings.options
  if (park.dueAt !== null && park.dueAt <= now + parkAfterMillis) return undefined
  // A message may come in a moment: it costs less to wait for it, while there is room.
  if (!park.forMessage || holdings.room.left() <= 0) return park
  if (now >= owned.movedAt + parkAfterMillis) return park
  if (!owned.isIdleArmed) {
    owned.isIdleArmed = true
    holdings.lookAgain(owned, owned.movedAt + parkAfterMillis)
  }
  return undefined
}
