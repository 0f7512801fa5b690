import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fromDisk, fromReader } from "../src/1-parse/SourceFiles.ts"
import { resolveModule } from "../src/2-analyze/resolveModule.ts"
import { definesFields } from "../src/2-analyze/tsconfig.ts"
import { compileFile, findProjectRoot, findWorkflows } from "../src/index.ts"

const resolver = (...names: ReadonlyArray<string | readonly [string, string]>) => {
  const files = new Map(
    names.map((name) => (typeof name === "string" ? [name, ""] as const : name))
  )
  const source = fromReader((path) => files.get(path))
  return (specifier: string, from = "/p/src/a.ts"): string => {
    const found = resolveModule(source, from, specifier)
    return found.kind === "file" ? found.file : found.kind
  }
}

describe("resolveModule", () => {
  it("finds sources whatever extension the specifier has", () => {
    const resolve = resolver(
      "/p/src/b.ts",
      "/p/src/c.mts",
      "/p/src/d/index.ts",
      "/p/src/e.js",
      "/p/src/f.json",
      "/p/src/g.cts"
    )

    assert.strictEqual(resolve("./b"), "/p/src/b.ts")
    assert.strictEqual(resolve("./b.ts"), "/p/src/b.ts")
    assert.strictEqual(resolve("./b.js"), "/p/src/b.ts")
    assert.strictEqual(resolve("./c.mjs"), "/p/src/c.mts")
    assert.strictEqual(resolve("./d"), "/p/src/d/index.ts")
    assert.strictEqual(resolve("./d/"), "/p/src/d/index.ts")
    assert.strictEqual(resolve("./e.js"), "/p/src/e.js")
    assert.strictEqual(resolve("./f.json"), "/p/src/f.json")
    assert.strictEqual(resolve("./g.cjs"), "/p/src/g.cts")
    assert.strictEqual(resolve("../src/b"), "/p/src/b.ts")
    assert.strictEqual(resolve("./zzz"), "missing")
  })

  it("takes the source before what was built from it, and no declaration file", () => {
    const resolve = resolver("/p/src/b.ts", "/p/src/b.js", "/p/src/c.d.ts")

    assert.strictEqual(resolve("./b.js"), "/p/src/b.ts")
    assert.strictEqual(resolve("./c"), "missing")
  })

  it("tells core, Node and packages apart", () => {
    const resolve = resolver()

    assert.strictEqual(resolve("@rappel/core"), "core")
    assert.strictEqual(resolve("@rappel/core/workflow/Sleep"), "core")
    assert.strictEqual(resolve("node:fs"), "package")
    assert.strictEqual(resolve("fs/promises"), "package")
    assert.strictEqual(resolve("lodash"), "package")
    assert.strictEqual(resolve("@scope/name/sub"), "package")
  })

  it("follows paths of the nearest tsconfig and of those that it extends", () => {
    const resolve = resolver(
      [
        "/p/tsconfig.base.json",
        "{ \"compilerOptions\": { \"paths\": { \"~/*\": [\"./src/*\"], \"config\": [\"./other.ts\"] } } }"
      ],
      ["/p/tsconfig.json", "{ // a comment\n \"extends\": \"./tsconfig.base.json\", }"],
      "/p/src/lib/x.ts",
      "/p/other.ts"
    )

    assert.strictEqual(resolve("~/lib/x"), "/p/src/lib/x.ts")
    assert.strictEqual(resolve("~/lib/x.js"), "/p/src/lib/x.ts")
    assert.strictEqual(resolve("config"), "/p/other.ts")
    assert.strictEqual(resolve("~/nothing"), "package")
  })

  it("follows imports of the package itself", () => {
    const resolve = resolver(
      [
        "/p/package.json",
        "{ \"imports\": { \"#db/*\": { \"types\": \"./types/*.d.ts\", \"default\": \"./src/db/*.js\" }, \"#dep\": \"lodash\" } }"
      ],
      "/p/src/db/users.ts"
    )

    assert.strictEqual(resolve("#db/users"), "/p/src/db/users.ts")
    assert.strictEqual(resolve("#dep"), "package")
    assert.strictEqual(resolve("#none"), "missing")
  })

  it("compiles workspace packages from their source, and leaves npm's alone", () => {
    const root = mkdtempSync(join(tmpdir(), "rappel-resolution-"))
    const write = (name: string, text: string): void => {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    write(
      "packages/money/package.json",
      "{ \"name\": \"@app/money\", \"exports\": { \".\": { \"types\": \"./dist/index.d.ts\", \"default\": \"./dist/index.js\" }, \"./tax/*\": { \"@rappel/source\": \"./src/tax/*.ts\" } } }"
    )
    write("packages/money/src/index.ts", "export const a = 1")
    write("packages/money/src/tax/vat.ts", "export const vat = 1")
    write("packages/plain/package.json", "{ \"name\": \"plain\", \"main\": \"./dist/main.js\" }")
    write("packages/plain/src/main.ts", "export const b = 1")
    write(
      "node_modules/npm-package/package.json",
      "{ \"name\": \"npm-package\", \"main\": \"index.js\" }"
    )
    write("node_modules/npm-package/index.js", "")
    write("app/a.ts", "")
    mkdirSync(join(root, "node_modules/@app"), { recursive: true })
    symlinkSync(join(root, "packages/money"), join(root, "node_modules/@app/money"))
    symlinkSync(join(root, "packages/plain"), join(root, "node_modules/plain"))
    const resolve = (specifier: string): string => {
      const found = resolveModule(fromDisk, join(root, "app/a.ts"), specifier)
      return found.kind === "file" ? found.file.slice(root.length) : found.kind
    }
    try {
      assert.strictEqual(resolve("@app/money"), "/packages/money/src/index.ts")
      assert.strictEqual(resolve("@app/money/tax/vat"), "/packages/money/src/tax/vat.ts")
      assert.strictEqual(resolve("@app/money/none"), "missing")
      assert.strictEqual(resolve("plain"), "/packages/plain/src/main.ts")
      assert.strictEqual(resolve("npm-package"), "package")
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe("definesFields", () => {
  const under = (options: string) =>
    definesFields(
      fromReader((
        path
      ) => (path === "/p/tsconfig.json" ? `{ "compilerOptions": ${options} }` : undefined)),
      "/p/a.ts"
    )

  it("follows the target unless the setting says otherwise", () => {
    assert.isTrue(under("{}"))
    assert.isTrue(under("{ \"target\": \"ES2022\" }"))
    assert.isTrue(under("{ \"target\": \"ESNext\" }"))
    assert.isFalse(under("{ \"target\": \"ES2021\" }"))
    assert.isTrue(under("{ \"target\": \"ES2021\", \"useDefineForClassFields\": true }"))
    assert.isFalse(under("{ \"useDefineForClassFields\": false }"))
  })
})

describe("findProjectRoot", () => {
  const rootOf = (file: string, files: Record<string, string>): string =>
    findProjectRoot(file, fromReader((path) => files[path]))

  it("is the folder of the nearest package.json with a name or workspaces", () => {
    const files = {
      "/w/package.json": "{ \"workspaces\": [\"*\"] }",
      "/w/app/package.json": "{ \"name\": \"app\" }",
      "/w/app/src/esm/package.json": "{ \"type\": \"module\" }",
      "/w/broken/package.json": "{"
    }

    assert.strictEqual(rootOf("/w/app/src/esm/a.ts", files), "/w/app")
    assert.strictEqual(rootOf("/w/broken/a.ts", files), "/w")
    assert.strictEqual(rootOf("/elsewhere/x/a.ts", files), "/elsewhere/x")
  })
})

describe("compileFile", () => {
  const files: Record<string, string> = {
    "/w/package.json": "{ \"name\": \"app\" }",
    "/w/src/flows.ts": [
      "import * as r from \"@rappel/core\"",
      "import { other } from \"./other\"",
      "export const send = r.action(",
      "  async (to: string) => to",
      ")",
      "export const first = r.workflow(async () => {",
      "  return await send(\"a\")",
      "})",
      "const hidden = r.workflow({ name: \"given.name\" }, async () => await other(1))",
      "export class Klass extends r.Workflow { async run() { return 1 } }",
      "export default r.workflow(async () => 2)"
    ].join("\n"),
    "/w/src/other.ts": [
      "import { action as act } from \"@rappel/core\"",
      "export { inner as other }",
      "const inner = act(async (n: number) => n)"
    ].join("\n")
  }
  const readFile = (path: string): string | undefined => files[path]

  it("says where every workflow stands, as V8 gives call sites", () => {
    const { workflows } = compileFile({ file: "/w/src/flows.ts", readFile })

    assert.deepStrictEqual(
      workflows.map((
        each
      ) => [each.name, each.export, each.file, each.line, each.column, each.endLine]),
      [
        ["first", "first", "src/flows.ts", 6, 24, 8],
        ["given.name", "hidden", "src/flows.ts", 9, 18, 9],
        ["Klass", "Klass", "src/flows.ts", 10, 14, 10],
        ["default", "default", "src/flows.ts", 11, 18, 11]
      ]
    )
  })

  it("says which actions a program calls and where they are declared", () => {
    const { workflows } = compileFile({ file: "/w/src/flows.ts", readFile })

    assert.deepStrictEqual(workflows[0]!.actions, [
      {
        id: "src/flows.ts#send",
        file: "/w/src/flows.ts",
        export: "send",
        line: 3,
        column: 23,
        endLine: 5
      }
    ])
    assert.deepStrictEqual(workflows[1]!.actions, [
      {
        id: "src/other.ts#other",
        file: "/w/src/other.ts",
        export: "other",
        line: 3,
        column: 15,
        endLine: 3
      }
    ])
    assert.deepStrictEqual(workflows[2]!.actions, [])
  })

  it("compiles only the exports that are asked for", () => {
    const { workflows } = compileFile({
      file: "/w/src/flows.ts",
      readFile,
      exports: ["Klass", "nope"]
    })

    assert.deepStrictEqual(workflows.map((each) => each.export), ["Klass"])
  })

  it("has a finding for a file that does not exist", () => {
    const compiled = compileFile({ file: "/w/src/none.ts", readFile })

    assert.deepStrictEqual(compiled.workflows, [])
    assert.deepStrictEqual(compiled.findings.map((each) => each.code), ["module-not-found"])
  })

  it("sees a file that has changed", () => {
    const file = join(mkdtempSync(join(tmpdir(), "rappel-changed-")), "w.ts")
    const write = (result: number): void =>
      writeFileSync(
        file,
        `import { workflow } from "@rappel/core"\nexport const w = workflow(async () => ${result})\n`
      )
    try {
      write(1)
      const before = compileFile({ file }).workflows[0]!.program!.hash
      assert.strictEqual(compileFile({ file }).workflows[0]!.program!.hash, before)
      write(1000)
      assert.notStrictEqual(compileFile({ file }).workflows[0]!.program!.hash, before)
      assert.deepStrictEqual(findWorkflows(file), [{ name: "w", export: "w" }])
    } finally {
      rmSync(dirname(file), { recursive: true })
    }
  })

  it("is not fooled by names that look like core's", () => {
    const source = [
      "import { workflow as w } from \"@rappel/core\"",
      "import { action } from \"./mine\"",
      "const workflow = (f: any) => f",
      "export const no = workflow(async () => 1)",
      "export const yes = w(async () => await action(2))"
    ].join("\n")
    const mine = "export const action = async (n: number) => n"
    const compiled = compileFile({
      file: "/w/a.ts",
      readFile: (path) => (path === "/w/a.ts" ? source : path === "/w/mine.ts" ? mine : undefined)
    })

    assert.deepStrictEqual(compiled.workflows.map((each) => each.export), ["yes"])
    assert.deepStrictEqual(compiled.workflows[0]!.actions, [])
    assert.isDefined(compiled.workflows[0]!.program)
  })
})
