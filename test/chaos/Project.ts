/**
 * The project that the audit runs: its files in a folder of their own, so that a deploy can
 * write them anew while instances of the version before are in flight.
 */
import { compileFile } from "@rappel/compiler"
import type { ProgramFile } from "@rappel/core/program/Program"
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const SOURCES = join(import.meta.dirname, "workload")

export interface Project {
  /** What dispatchers run in. */
  readonly folder: string
  /** Writes a version and compiles it; answers the file with its programs by flow. */
  readonly deploy: (version: number) => string
  /** Which flow and version a program is. */
  readonly identify: (hash: string) => Identity | undefined
}

export interface Identity {
  readonly flow: string
  readonly version: number
  /** A copy of the version's sources, for its plain runs. */
  readonly file: string
}

const write = (folder: string, version: number) => {
  mkdirSync(folder, { recursive: true })
  cpSync(SOURCES, folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), `{ "name": "chaos", "type": "module" }\n`)
  const flows = join(folder, "flows.ts")
  const text = readFileSync(flows, "utf8")
  writeFileSync(flows, text.replace("const VERSION = 1", `const VERSION = ${version}`))
}

export const make = (home: string): Project => {
  const folder = join(home, "project")
  const known = new Map<string, Identity>()
  return {
    folder,
    deploy: (version) => {
      const copy = join(home, `version-${version}`)
      write(copy, version)
      write(folder, version)
      const { workflows } = compileFile({
        file: join(folder, "flows.ts"),
        projectRoot: folder,
        strict: true
      })
      const programs: Record<string, ProgramFile> = {}
      for (const { findings, name, program } of workflows) {
        if (program === undefined) throw new Error(`${name}: ${JSON.stringify(findings)}`)
        programs[name] = program
        known.set(program.hash, { flow: name, version, file: join(copy, "flows.ts") })
      }
      const file = join(home, `programs-${version}.json`)
      writeFileSync(file, JSON.stringify(programs))
      return file
    },
    identify: (hash) => known.get(hash)
  }
}
