import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type {
  CompiledWorkflow,
  CompilerModule,
  ProjectFilesModule
} from "../../src/client/Loader.ts"
import type { Manifest } from "../../src/client/Manifest.ts"
import { make, type ProgramRef, registerProgram } from "../../src/client/ProgramSource.ts"
import type { ProgramFile } from "../../src/program/Program.ts"
import { file as template } from "./fakeRunner.ts"

const programOf = (hash: string): ProgramFile => ({ ...template, hash })

const compiled = (exportName: string, line: number, more: Partial<CompiledWorkflow> = {}) => ({
  name: exportName,
  file: "src/flows.ts",
  export: exportName,
  line,
  column: 25,
  endLine: line + 4,
  program: programOf(`source-${exportName}`),
  findings: [],
  actions: [],
  ...more
})

const finding = {
  code: "host-global",
  severity: "error",
  message: "`fetch` is not there",
  line: 22,
  column: 3
} as const

/** A compiler of one project; counts what it compiles. */
const compilerOf = (files: Readonly<Record<string, ReadonlyArray<CompiledWorkflow>>>) => {
  const compiledFiles: Array<string> = []
  const compiler: Pick<CompilerModule, "compileFile" | "findProjectRoot" | "render"> = {
    compileFile: ({ file }) => {
      compiledFiles.push(file)
      return { workflows: files[file] ?? [], findings: [] }
    },
    findProjectRoot: () => "/app",
    render: (one) => `rendered ${(one as typeof finding).code}`
  }
  return { compiler, compiledFiles }
}

const flows = {
  "/app/src/flows.ts": [
    compiled("first", 10),
    compiled("second", 10, { column: 60, endLine: 10 }),
    compiled("broken", 20, { program: undefined as never, findings: [finding] })
  ]
}

const manifest: Manifest = {
  format: 1,
  workflows: [{
    name: "first",
    file: "src/flows.ts",
    export: "first",
    line: 10,
    column: 25,
    endLine: 14,
    hash: "built",
    program: ".rappel/programs/built.json"
  }],
  actions: [],
  generated: ".rappel/generated.ts"
}

const filesOf = (classes: ReadonlyArray<string> = []): ProjectFilesModule => ({
  projectRootOf: () => "/app",
  readManifest: () => manifest,
  readProgram: () => programOf("built"),
  findClass: () => classes
})

const site = (line: number, column = 25, file = "/app/src/flows.ts"): ProgramRef => ({
  kind: "site",
  value: {},
  site: { file, line, column },
  name: undefined
})

const hashOf = (source: ReturnType<typeof make>, ref: ProgramRef) =>
  Effect.runSync(Effect.map(source.programOf(ref), ({ hash }) => hash))

const errorOf = (source: ReturnType<typeof make>, ref: ProgramRef) =>
  Effect.runSync(Effect.flip(source.programOf(ref)))

describe("ProgramSource", () => {
  it("a workflow is found by the place of its call, and compiled once", () => {
    const { compiledFiles, compiler } = compilerOf(flows)
    const source = make({ compiler })

    assert.strictEqual(hashOf(source, site(10)), "source-first")
    assert.strictEqual(hashOf(source, site(10, 58)), "source-second")
    assert.strictEqual(hashOf(source, site(12)), "source-first")
    assert.lengthOf(compiledFiles, 1)
    assert.strictEqual(source.rootOf("source-first"), "/app")
  })

  it("an export of a file is found by its name; a wrong one is told what there is", () => {
    const { compiler } = compilerOf(flows)
    const source = make({ compiler })
    const ref = (name: string): ProgramRef => ({
      kind: "export",
      file: "/app/src/flows.ts",
      export: name
    })

    assert.strictEqual(hashOf(source, ref("second")), "source-second")
    assert.include(errorOf(source, ref("third")).message, "exports first, second, broken")
  })

  it("what does not compile fails with all findings and their frames", () => {
    const { compiler } = compilerOf(flows)
    const error = errorOf(make({ compiler }), site(20))

    assert.strictEqual(error._tag, "CompileFailed")
    assert.include(error.message, "Workflow broken in /app/src/flows.ts does not compile")
    assert.include(error.message, "rendered host-global")
    assert.deepStrictEqual(error._tag === "CompileFailed" ? error.findings : [], [finding])
  })

  it("in development the source wins over an older build, in production the build", () => {
    const { compiler } = compilerOf(flows)
    const parts = { compiler, files: filesOf(), projectRoot: "/app" }

    assert.strictEqual(hashOf(make(parts), site(10)), "source-first")
    assert.strictEqual(hashOf(make({ ...parts, isProduction: true }), site(10)), "built")
  })

  it("code that was moved is found by its name or by what the generated module registered", () => {
    const parts = { files: filesOf(), projectRoot: "/app", isProduction: true }
    const moved = { file: "/app/dist/bundle.js", line: 1, column: 9000 }
    const named: ProgramRef = { kind: "site", value: {}, site: moved, name: "first" }
    const registered: ProgramRef = { kind: "site", value: {}, site: moved, name: undefined }
    registerProgram(registered.value, programOf("registered"))

    assert.strictEqual(hashOf(make(parts), named), "built")
    assert.strictEqual(hashOf(make(parts), registered), "registered")
    const error = errorOf(make(parts), { ...named, name: undefined, value: {} })
    assert.include(error.message, "rappel build")
  })

  it("a class is searched for in the project", () => {
    const { compiler } = compilerOf({ "/app/src/welcome.ts": [compiled("Welcome", 5)] })
    const ref: ProgramRef = { kind: "class", value: class Welcome {}, name: "Welcome" }
    const source = (found: ReadonlyArray<string>) =>
      make({ compiler, files: filesOf(found), projectRoot: "/app" })

    assert.strictEqual(hashOf(source(["/app/src/welcome.ts"]), ref), "source-Welcome")
    assert.include(errorOf(source([]), ref).message, "export the class")
  })

  it("two classes of one name are refused with both files", () => {
    const { compiler } = compilerOf({
      "/app/src/a.ts": [compiled("Welcome", 5)],
      "/app/src/b.ts": [compiled("Welcome", 7)]
    })
    const source = make({
      compiler,
      files: filesOf(["/app/src/a.ts", "/app/src/b.ts"]),
      projectRoot: "/app"
    })
    const error = errorOf(source, { kind: "class", value: class Welcome {}, name: "Welcome" })

    assert.include(error.message, "/app/src/a.ts, /app/src/b.ts")
  })
})
