/**
 * Whether `node_modules` holds what `package-lock.json` lists for this machine.
 *
 * npm's own record of what it installed is compared with the lockfile, then the folders are
 * looked at: an interrupted or partly deleted installation has one without the other. A stamp
 * file says for which lockfile, platform and Node the last installation was made.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { InstallFailed } from "./InstallFailed.mjs"

const STAMP = ".rappel-install"

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch {
    return undefined
  }
}

const readLockfile = (root) => {
  const text = readFileSync(join(root, "package-lock.json"), "utf8")
  const hash = createHash("sha256").update(text).digest("hex")
  try {
    return { hash, packages: JSON.parse(text).packages }
  } catch {
    throw new InstallFailed(
      "package-lock.json is no JSON, so that nobody knows what to install. " +
        "Look for the marks of a merge in it, or take it from the last commit."
    )
  }
}

const machine = () => ({
  platform: process.platform,
  arch: process.arch,
  node: Number(process.versions.node.split(".")[0])
})

const libc = () => {
  if (process.platform !== "linux") return ""
  return readdirSync("/lib").some((name) => name.startsWith("ld-musl-")) ? "musl" : "glibc"
}

/** A list such as `["linux"]` or `["!win32"]`, as npm reads it. */
const allows = (list, value) =>
  list === undefined || list.includes(value) ||
  list.every((entry) => entry.startsWith("!") && entry !== `!${value}`)

/** The folders of `node_modules`, as the lockfile names them, that belong on this machine. */
const wantedHere = (lockfile) => {
  const here = { ...machine(), libc: libc() }
  return Object.entries(lockfile.packages).filter(([path, entry]) =>
    path.includes("node_modules/") && allows(entry.os, here.platform) &&
    allows(entry.cpu, here.arch) && allows(entry.libc, here.libc)
  )
}

const missingPackages = (root, lockfile) => {
  const installed = readJson(join(root, "node_modules", ".package-lock.json"))?.packages ?? {}
  return wantedHere(lockfile).filter(([path, entry]) => {
    const found = installed[path]
    return found === undefined || found.version !== entry.version ||
      found.integrity !== entry.integrity || !existsSync(join(root, path, "package.json"))
  })
}

/** The commands of our own workspaces; npm leaves them out when their files were not there. */
const missingCommands = (root, lockfile) =>
  Object.entries(lockfile.packages).filter(([path]) => /^[^/]+(\/[^/]+)?$/.test(path))
    .filter(([path]) => !path.startsWith("node_modules/"))
    .flatMap(([, { bin = {} }]) => Object.keys(bin))
    .filter((name) => !existsSync(join(root, "node_modules", ".bin", name)))

/** Why an installation is needed, as a statement; undefined when nothing has to be done. */
export const reasonToInstall = (root) => {
  if (!existsSync(join(root, "node_modules"))) return "node_modules is missing"
  const lockfile = readLockfile(root)
  const stamp = readJson(join(root, "node_modules", STAMP))
  const current = { lockfile: lockfile.hash, ...machine() }
  const isCurrent = Object.keys(current).every((key) => stamp?.[key] === current[key])

  const tolerated = isCurrent ? stamp.without : []
  const missing = [
    ...missingPackages(root, lockfile).map(([path]) => path.replace(/^.*node_modules\//, "")),
    ...missingCommands(root, lockfile)
  ].filter((name) => !tolerated.includes(name))
  if (missing.length > 0) {
    return stamp === undefined || isCurrent
      ? `node_modules lacks ${missing.length} of what package-lock.json lists (${missing[0]})`
      : "package-lock.json or the machine changed since the last installation"
  }
  // Somebody ran `npm ci` by hand, or the lockfile changed without effect here.
  if (!isCurrent) writeStamp(root)
  return undefined
}

/**
 * Records that the installation was made for this lockfile and this machine.
 *
 * Optional packages that npm left out are recorded with it: the registry doesn't have them,
 * so that installing again would not bring them.
 */
export const writeStamp = (root) => {
  const lockfile = readLockfile(root)
  const without = missingPackages(root, lockfile)
    .filter(([, entry]) => entry.optional === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ""))
  const stamp = { lockfile: lockfile.hash, ...machine(), without }
  try {
    writeFileSync(join(root, "node_modules", STAMP), `${JSON.stringify(stamp)}\n`)
  } catch (error) {
    // A read-only folder that is right stays right without a stamp.
    if (!["EACCES", "EPERM", "EROFS"].includes(error.code)) throw error
  }
}
