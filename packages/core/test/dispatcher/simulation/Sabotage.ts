/**
 * Promises that a test breaks on purpose, to see that the audit finds it, each with the fault
 * that it stands for.
 */
export const SABOTAGES = {
  "commit-after-send": "calls go out before their inputs are durable",
  "no-fence": "a refused commit is believed",
  "stale-owner": "the queue takes the commits of a former owner",
  "lost-wake": "a message for an instance that somebody owns is overwritten",
  "double-outcome": "a message that is sent again counts again",
  "early-timer": "hosts trust a clock of their own that is ahead",
  "torn-snapshot": "a snapshot says that it holds one event more than it does",
  "lost-attempts": "a new owner counts attempts from 1",
  "no-limit": "limits of calls are forgotten on their way",
  "no-timeout": "executions run for as long as they like",
  "lost-deadline": "a new owner forgets when the time of calls ends",
  "deaf-heartbeat": "heartbeats are not heard",
  "lost-details": "a new owner forgets what heartbeats said",
  "late-settle": "a transactional action commits though its attempt is over",
  "unseen-settle": "an attempt is withdrawn whose action has committed",
  "late-signal": "a signal that comes after a timeout is taken for the wait that has ended",
  "early-cancel": "an instance is cancelled before its deadline",
  "double-child": "a child is started twice",
  "orphan": "an end is not passed on to children",
  "lost-kept": "what a repair tells again gets lost"
} as const

export type Sabotage = keyof typeof SABOTAGES
