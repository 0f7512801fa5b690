/**
 * Runs `npm ci` so that it does the same whatever surrounds it: NODE_ENV, the settings of an
 * outer `npm test`, the user's own `.npmrc`, a home that is missing or not writable.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { accessSync, constants as access, existsSync, realpathSync, rmSync } from "node:fs"
import { constants, homedir } from "node:os"
import { basename, delimiter, dirname, join } from "node:path"
import process from "node:process"
import { InstallFailed } from "./InstallFailed.mjs"

/** Flags win over every file and variable. */
const ARGUMENTS = [
  "ci",
  "--include=dev",
  "--include=optional",
  "--include=peer",
  "--ignore-scripts",
  "--install-strategy=hoisted",
  "--bin-links",
  "--package-lock",
  "--no-audit",
  "--no-fund",
  "--no-dry-run",
  "--no-global",
  "--no-progress",
  "--loglevel=notice"
]

/**
 * Settings that an outer `npm` hands down in the environment and that would change what is
 * installed or where. Those of the network (registry, proxy, certificates) stay.
 */
const NOT_HANDED_DOWN = new Set([
  "also",
  "before",
  "cpu",
  "dev",
  "if_present",
  "include",
  "include_workspace_root",
  "install_links",
  "json",
  "legacy_peer_deps",
  "libc",
  "local_prefix",
  "location",
  "omit",
  "only",
  "optional",
  "os",
  "package_lock_only",
  "parseable",
  "prefix",
  "production",
  "save_bundle",
  "shrinkwrap",
  "silent",
  "strict_peer_deps",
  "workspace",
  "workspaces"
])

const LAST_LINES = 15
const STILL_THERE_EVERY_MILLIS = 20_000

/** The environment of `npm ci`, made from that of the caller. */
export const environmentFor = (environment) => {
  const kept = {}
  for (const [name, value] of Object.entries(environment)) {
    const setting = /^npm_config_(.+)$/i.exec(name)?.[1].toLowerCase().replaceAll("-", "_")
    if (name === "NODE_ENV" || (setting !== undefined && NOT_HANDED_DOWN.has(setting))) continue
    kept[name] = value
  }
  return kept
}

/** Whether npm can write in the folder, or make it; nothing is made to find out. */
const canWrite = (folder) => {
  try {
    accessSync(existsSync(folder) ? folder : dirname(folder), access.W_OK | access.X_OK)
    return true
  } catch {
    return false
  }
}

const homeOf = (environment) => {
  try {
    return environment["HOME"] || homedir()
  } catch {
    // The user has neither HOME nor an entry in the list of accounts.
    return undefined
  }
}

const cacheSetIn = (environment) =>
  Object.entries(environment).find(([name]) => /^npm_config_cache$/i.test(name))?.[1]

/**
 * npm stops without a home, or without a cache that it can write. The project's folder can be
 * written while it is being installed, so that it lends both.
 */
const lendHome = (root, environment) => {
  const home = homeOf(environment)
  const cache = cacheSetIn(environment) || (home === undefined ? undefined : join(home, ".npm"))
  if (cache !== undefined && canWrite(cache)) return { environment }
  const lent = join(root, ".rappel", "npm-cache")
  return {
    environment: { ...environment, HOME: home ?? root },
    lent
  }
}

/** npm as JavaScript, run by this very Node, else whatever `npm` there is. */
const commandFor = (environment) => {
  const outer = environment["npm_execpath"]
  const beside = dirname(realpathSync(process.execPath))
  const candidates = [
    outer !== undefined && basename(outer) === "npm-cli.js" ? outer : undefined,
    join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(beside, "node_modules", "npm", "bin", "npm-cli.js")
  ]
  const script = candidates.find((path) => path !== undefined && existsSync(path))
  if (script !== undefined) return [process.execPath, [script]]
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    if (folder !== "" && existsSync(join(folder, "npm"))) return [join(folder, "npm"), []]
  }
  throw new InstallFailed(
    "npm was not found, neither beside this Node nor on the PATH, so nothing can be installed. " +
      "Install npm (it comes with Node from https://nodejs.org) and repeat the command."
  )
}

const REMEDIES = [
  [
    /E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH)|ETIMEOUT/,
    "npm can't reach its registry. Check the network, the proxy settings and " +
    "`npm config get registry`, then repeat the command."
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_/,
    "The registry's certificate is not trusted here. Set `cafile` in ~/.npmrc (or " +
    "NODE_EXTRA_CA_CERTS), then repeat the command."
  ],
  [/ENOSPC/, "The disk is full. Free about 1 GB and repeat the command."],
  [
    /EACCES|EPERM|EROFS/,
    "This user may not write a file that npm needs. Run the command as the owner of the " +
    "folder, or give it to this user (chown), then repeat the command."
  ],
  [
    /EUSAGE|in sync/,
    "package-lock.json doesn't match the package.json files. Run `npm install`, look at what " +
    "it changed, then repeat the command."
  ],
  [
    /E40[134]|ETARGET/,
    "The registry refused a package. Check `npm config get registry` and its login, then " +
    "repeat the command."
  ]
]

const remedyFor = (output) =>
  REMEDIES.find(([pattern]) => pattern.test(output))?.[1] ??
    "Run `npm ci --include=dev --include=optional --ignore-scripts` by hand to see everything, " +
      "then repeat the command."

/**
 * Runs `npm ci` in `root` to its end.
 *
 * `working` is told the id of npm's process as soon as there is one. Fails with
 * `InstallFailed`.
 */
export const runNpmCi = async (root, say, working) => {
  const { environment, lent } = lendHome(root, environmentFor(process.env))
  const [command, before] = commandFor(environment)
  if (lent !== undefined) say(`npm's usual cache can't be written; using ${lent} for now`)

  const child = spawn(
    command,
    [...before, ...ARGUMENTS, ...(lent === undefined ? [] : [`--cache=${lent}`])],
    { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] }
  )
  if (child.pid !== undefined) working(child.pid)

  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(-64_000)
    })
  }
  const startedAt = performance.now()
  const stillThere = setInterval(() => {
    say(`still installing (${Math.round((performance.now() - startedAt) / 1000)} s) …`)
  }, STILL_THERE_EVERY_MILLIS)
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
  let stoppedBy
  const stop = (signal) => {
    stoppedBy = signal
    child.kill(signal)
  }
  for (const signal of signals) process.on(signal, stop)

  const end = await new Promise((resolve) => {
    child.on("error", (error) => resolve({ why: `could not be started: ${error.message}` }))
    child.on(
      "close",
      (code, signal) =>
        resolve(code === 0 ? {} : { why: signal ? `was ended by ${signal}` : `ended with ${code}` })
    )
  })

  clearInterval(stillThere)
  for (const signal of signals) process.off(signal, stop)
  if (lent !== undefined) rmSync(lent, { recursive: true, force: true })
  if (end.why === undefined) return
  if (stoppedBy !== undefined) {
    const exitCode = 128 + constants.signals[stoppedBy]
    throw new InstallFailed(`The installation was stopped by ${stoppedBy}.`, exitCode)
  }
  const lines = output.trimEnd().split("\n").slice(-LAST_LINES).map((line) => `  ${line}`)
  throw new InstallFailed(
    `\`npm ci\` ${end.why}. Its last lines:\n\n${lines.join("\n")}\n\n${remedyFor(output)}`
  )
}
