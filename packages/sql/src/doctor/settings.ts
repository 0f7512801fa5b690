/**
 * What of the server's settings matters to durable work.
 */
import type { Finding } from "./Finding.ts"

/** One row; times in seconds. */
export const SETTINGS = `
  select version() as version,
    current_setting('server_version_num')::integer as "versionNumber",
    current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as "fullPageWrites",
    current_setting('max_connections')::integer as "mostConnections",
    (select count(*) from pg_stat_activity where backend_type = 'client backend')::integer
      as connections,
    inet_client_addr() is not null as "isRemote",
    (select setting::integer from pg_settings where name = 'tcp_keepalives_idle') as "keepaliveIdle",
    (
      select max(extract(epoch from now() - xact_start))
      from pg_stat_activity
      where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database()
    )::float8 as "oldestSeconds"`

export interface Settings {
  readonly version: string
  readonly versionNumber: number
  readonly synchronousCommit: string
  readonly fsync: string
  readonly fullPageWrites: string
  readonly mostConnections: number
  readonly connections: number
  readonly isRemote: boolean
  readonly keepaliveIdle: number
  readonly oldestSeconds: number | null
}

const OLDEST_TESTED = 14

/** A dead client's connection, and the locks that it holds, live on for this long. */
const KEEPALIVE_SECONDS = 600

const OLDEST_SECONDS = 600

export const judge = (settings: Settings): ReadonlyArray<Finding> => {
  const findings: Array<Finding> = []
  const add = (level: Finding["level"], code: string, message: string, remedy: string) =>
    findings.push({ level, code, message, remedy, examples: [] })

  if (settings.fsync === "off") {
    add(
      "problem",
      "fsync-off",
      "fsync is off: a crash of the machine may lose or damage everything",
      "Set fsync = on, except for data that nobody misses."
    )
  }
  if (settings.fullPageWrites === "off") {
    add(
      "warning",
      "full-page-writes-off",
      "full_page_writes is off: a crash of the machine may damage pages",
      "Set full_page_writes = on, unless the file system writes whole pages at once."
    )
  }
  if (settings.synchronousCommit === "off") {
    add(
      "problem",
      "synchronous-commit-off",
      "synchronous_commit is off: a crash may lose steps whose actions have gone out",
      "Set synchronous_commit = on for the database or the role that rappel uses."
    )
  }
  if (
    settings.isRemote &&
    (settings.keepaliveIdle === 0 || settings.keepaliveIdle > KEEPALIVE_SECONDS)
  ) {
    add(
      "warning",
      "no-keepalive",
      `the server notices a client that is gone after ${settings.keepaliveIdle || 7200} s`,
      "Set tcp_keepalives_idle = 60 on the server, so that locks of lost hosts go in time."
    )
  }
  if (settings.connections > settings.mostConnections * 0.8) {
    add(
      "warning",
      "connections",
      `${settings.connections} of ${settings.mostConnections} connections are in use`,
      "Raise max_connections, or put a pooler before Postgres: each dispatcher takes up to 5."
    )
  }
  if ((settings.oldestSeconds ?? 0) > OLDEST_SECONDS) {
    add(
      "warning",
      "old-transaction",
      `a transaction is open for ${Math.round(settings.oldestSeconds! / 60)} minutes`,
      "Dead rows stay as long as it does; see pg_stat_activity."
    )
  }
  if (settings.versionNumber < OLDEST_TESTED * 10_000) {
    add(
      "warning",
      "old-postgres",
      `this is ${settings.version.split(" ").slice(0, 2).join(" ")}`,
      `rappel supports Postgres ${OLDEST_TESTED} and newer.`
    )
  }
  return findings
}
