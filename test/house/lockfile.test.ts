import { assert, describe, it } from "@effect/vitest"
import { projectFiles, readProjectFile, readProjectJson } from "./project.ts"

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly integrity?: string
  readonly optionalDependencies?: Record<string, string>
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly overrides?: Record<string, string>
}

const { packages } = readProjectJson<{ readonly packages: Record<string, LockedPackage> }>(
  "package-lock.json"
)

describe("package-lock.json", () => {
  it("names no registry, so that it installs from any", () => {
    const addresses = readProjectFile("package-lock.json").match(/"resolved": "[a-z+]+:.*/g)

    assert.isNull(addresses)
  })

  it("has a checksum for whatever is downloaded", () => {
    const unchecked = Object.entries(packages)
      .filter(([path, entry]) => path.includes("node_modules/") && entry.link !== true)
      .filter(([, entry]) => entry.integrity === undefined)

    assert.deepStrictEqual(unchecked, [])
  })

  it("lists the optional packages of linux x64, linux arm64 and darwin", () => {
    const optional = Object.entries(packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).map((name) => ({ path, name }))
    )
    const ours = optional.filter(({ name }) => /linux-(x64|arm64)|darwin/.test(name))
    const absent = ours.filter(({ name, path }) =>
      packages[`node_modules/${name}`] === undefined &&
      packages[`${path}/node_modules/${name}`] === undefined
    )

    assert.isAbove(ours.length, 30)
    assert.deepStrictEqual(absent, [])
  })
})

describe("package.json files", () => {
  const manifests = projectFiles().filter((path) =>
    /(^|\/)package\.json$/.test(path) && !path.includes("/fixtures/")
  )
  const EXACT = /^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/

  it("ask for exact versions", () => {
    const loose = manifests.flatMap((path) => {
      const manifest = readProjectJson<Manifest>(path)
      return Object.entries({
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.optionalDependencies,
        ...manifest.overrides
      }).filter(([, version]) => !EXACT.test(version)).map(([name]) => `${path}: ${name}`)
    })

    assert.isAbove(manifests.length, 7)
    assert.deepStrictEqual(loose, [])
  })

  it("agree on the version of a package", () => {
    const versions = new Map<string, Set<string>>()
    for (const path of manifests) {
      const { dependencies, devDependencies, optionalDependencies } = readProjectJson<Manifest>(
        path
      )
      const all = { ...dependencies, ...devDependencies, ...optionalDependencies }
      for (const [name, version] of Object.entries(all)) {
        versions.set(name, (versions.get(name) ?? new Set()).add(version))
      }
    }

    const split = Array.from(versions).filter(([, { size }]) => size > 1).map(([name]) => name)
    assert.deepStrictEqual(split, [])
  })
})
