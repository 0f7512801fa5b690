/**
 * SQL for what names an attempt of a call, and the message with its verdict; the columns are
 * those of `source`. That both have one id is what lets only the first verdict count.
 */
export const callIdOf = (source: string): string =>
  `md5(${source}.instance_id || ':' || ${source}.effect || ':' || ${source}.attempt)::uuid`
