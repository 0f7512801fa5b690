/**
 * Reads rappel's settings from the environment of a process.
 *
 * Pure: the outermost `bin` or runtime hands the variables over. What the process does not
 * set may stand in the nearest `.env` file upward from its folder.
 *
 * @since 0.1.0
 */
import { type PolicyOptions, toPolicy } from "@rappel/core/action/Policy"
import { toMillis } from "@rappel/core/duration/Duration"
import { parseRules, type Rules } from "@rappel/core/retention/Rules"
import * as Redacted from "effect/Redacted"
import { existsSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, join, resolve } from "node:path"
import { parseEnv } from "node:util"

/** The variables of a process, and those of its `.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly databaseUrl: Redacted.Redacted<string> | undefined
  /** Worker processes; the number of CPUs unless set. */
  readonly workerCount: number
  /** Worker processes that are kept ready beside them; what runs decides when it is not set. */
  readonly spareWorkers: number | undefined
  /** Actions that one worker executes at the same time. */
  readonly concurrentPerWorker: number
  /** Queues whose calls this host's workers run. */
  readonly queues: ReadonlyArray<string>
  /** Modules that workers load at their start: paths or package names. */
  readonly userModules: ReadonlyArray<string>
  readonly pollIntervalMillis: number | undefined
  /** Whether to hold a connection that listens for hints; a pooler in transaction mode has none. */
  readonly listens: boolean
  /** Instances that a dispatcher claims in one statement. */
  readonly batchSize: number | undefined
  /** Instances that a dispatcher holds in memory. */
  readonly maxConcurrentInstances: number | undefined
  /** Megabytes of encoded state that these hold together; one alone may hold more. */
  readonly maxStateMegabytes: number | undefined
  /** Actions after which a worker process is replaced. */
  readonly maxActionLifecycle: number | undefined
  /** What holds for calls whose action, workflow and call say nothing else. */
  readonly defaultPolicy: PolicyOptions
  /** How long finished instances are kept; for ever where no rule says otherwise. */
  readonly retention: Rules
  /** `run()` in an app answers with the instance's id and does not wait. */
  readonly skipsWait: boolean
  readonly isProduction: boolean
  readonly logLevel: string | undefined
}

/**
 * A variable has a value that it cannot have.
 *
 * @since 0.1.0
 * @category errors
 */
export class SettingRefused extends Error {
  override readonly name = "SettingRefused"
}

/** The nearest `.env` from a folder upward. */
const dotEnvOf = (folder: string): string | undefined => {
  for (let at = resolve(folder);; at = dirname(at)) {
    const file = join(at, ".env")
    if (existsSync(file)) return file
    if (dirname(at) === at) return undefined
  }
}

/** Names that the predecessor read; ours win. */
const withAliases = (variables: Variables): Variables => {
  const aliases: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(variables)) {
    const old = /^CARABINER_(.+)$/.exec(name)?.[1]
    if (old === undefined) continue
    aliases[old === "DATABASE_URL" ? old : `RAPPEL_${old === "GRPC_ADDR" ? "RPC_ADDR" : old}`] =
      value
  }
  return { ...aliases, ...variables }
}

/**
 * The variables that count: those of the process, then those of the nearest `.env`, each
 * also under the names of the predecessor.
 */
export const variablesOf = (process: Variables, folder: string): Variables => {
  const file = dotEnvOf(folder)
  const fromFile = file === undefined ? {} : parseEnv(readFileSync(file, "utf8")) as Variables
  return { ...withAliases(fromFile), ...withAliases(process) }
}

const text = (variables: Variables, name: string): string | undefined => {
  const value = variables[name]?.trim()
  return value === "" ? undefined : value
}

const count = (variables: Variables, name: string, least = 1): number | undefined => {
  const value = text(variables, name)
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value) || Number(value) < least) {
    throw new SettingRefused(
      `${name} is ${JSON.stringify(value)}; it takes a whole number from ${least}`
    )
  }
  return Number(value)
}

const millis = (variables: Variables, name: string): number | undefined => {
  const value = text(variables, name)
  if (value === undefined) return undefined
  const found = /^\d+$/.test(value) ? Number(value) : attempt(() => toMillis(value))
  if (found === undefined || found <= 0) {
    throw new SettingRefused(
      `${name} is ${JSON.stringify(value)}; it takes milliseconds or a duration such as "500ms"`
    )
  }
  return found
}

const attempt = <A>(body: () => A): A | undefined => {
  try {
    return body()
  } catch {
    return undefined
  }
}

/** Names separated by commas; `default` unless set, and not beside others unless named. */
const queuesOf = (value: string | undefined): ReadonlyArray<string> => {
  const names = (value ?? "default").split(",").map((name) => name.trim())
  const unique = Array.from(new Set(names.filter((name) => name !== "")))
  return unique.length > 0 ? unique : ["default"]
}

const isOn = (variables: Variables, name: string): boolean => {
  const value = text(variables, name)
  if (value === undefined || /^(0|false|no|off)$/i.test(value)) return false
  if (/^(1|true|yes|on)$/i.test(value)) return true
  throw new SettingRefused(`${name} is ${JSON.stringify(value)}; it takes true or false`)
}

/** On unless it is switched off. */
const isOff = (variables: Variables, name: string): boolean =>
  text(variables, name) !== undefined && !isOn(variables, name)

const rules = (variables: Variables, name: string): Rules => {
  const value = text(variables, name)
  if (value === undefined) return []
  try {
    return parseRules(value)
  } catch (cause) {
    throw new SettingRefused(`${name}: ${(cause as Error).message}`)
  }
}

const policy = (variables: Variables, name: string): PolicyOptions => {
  const value = text(variables, name)
  if (value === undefined) return {}
  try {
    const options: unknown = JSON.parse(value)
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      throw new TypeError("it is no object")
    }
    toPolicy(options)
    return options
  } catch (cause) {
    throw new SettingRefused(
      `${name} is ${JSON.stringify(value)}: ${(cause as Error).message}. It takes options of a ` +
        `policy as JSON, such as {"retry":3,"timeout":"1 minute"}`
    )
  }
}

/**
 * The settings in these variables.
 *
 * **Errors** Throws `SettingRefused`, which names the variable, its value and what it takes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const settingsOf = (variables: Variables): Settings => {
  const url = text(variables, "DATABASE_URL")
  return {
    databaseUrl: url === undefined ? undefined : Redacted.make(url),
    workerCount: count(variables, "RAPPEL_WORKER_COUNT") ?? availableParallelism(),
    spareWorkers: count(variables, "RAPPEL_SPARE_WORKERS", 0),
    concurrentPerWorker: count(variables, "RAPPEL_CONCURRENT_PER_WORKER") ?? 10,
    queues: queuesOf(text(variables, "RAPPEL_QUEUES")),
    userModules: (text(variables, "RAPPEL_USER_MODULE") ?? "").split(",")
      .map((module) => module.trim()).filter((module) => module !== ""),
    listens: !isOff(variables, "RAPPEL_LISTEN"),
    pollIntervalMillis: millis(variables, "RAPPEL_POLL_INTERVAL_MS"),
    batchSize: count(variables, "RAPPEL_BATCH_SIZE"),
    maxConcurrentInstances: count(variables, "RAPPEL_MAX_CONCURRENT_INSTANCES"),
    maxStateMegabytes: count(variables, "RAPPEL_MAX_STATE_MB"),
    maxActionLifecycle: count(variables, "RAPPEL_MAX_ACTION_LIFECYCLE"),
    defaultPolicy: policy(variables, "RAPPEL_DEFAULT_POLICY"),
    retention: rules(variables, "RAPPEL_RETENTION"),
    skipsWait: isOn(variables, "RAPPEL_SKIP_WAIT_FOR_INSTANCE"),
    isProduction: text(variables, "NODE_ENV") === "production",
    logLevel: text(variables, "RAPPEL_LOG_LEVEL")
  }
}
