/** Reasons stand in the rows that are polled, which stay light. */
export const REASON_CHARACTERS = 2000

/** Why an instance is set aside, as every queue keeps it. */
export const asideReason = (reason: string): string => reason.slice(0, REASON_CHARACTERS)
