/**
 * The plugin in a real tsserver, asked over its protocol as an editor does.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"

const require = createRequire(import.meta.url)
const root = mkdtempSync(join(tmpdir(), "rappel-ts-plugin-"))
let server: ChildProcess | undefined

afterAll(() => {
  server?.kill()
  rmSync(root, { recursive: true })
})

const write = (name: string, text: string): string => {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), text)
  return join(root, name)
}

interface Message {
  readonly type: string
  readonly event?: string
  readonly body?: {
    readonly file: string
    readonly diagnostics: ReadonlyArray<
      { readonly text: string; readonly source?: string; readonly start: { readonly line: number } }
    >
  }
}

/** Sends requests, and hands out the findings that the server tells until they satisfy. */
const start = () => {
  const child = spawn(process.execPath, [require.resolve("typescript/lib/tsserver.js")], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"]
  })
  server = child
  let seq = 0
  const waiting = new Set<(message: Message) => void>()
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return
    const message = JSON.parse(line) as Message
    for (const each of waiting) each(message)
  })
  const send = (command: string, args: object): void => {
    child.stdin.write(
      `${JSON.stringify({ seq: ++seq, type: "request", command, arguments: args })}\n`
    )
  }
  /** Asks again each time the server says that findings may have changed. */
  const findings = (
    file: string,
    event: string,
    isEnough: (sources: ReadonlyArray<string>) => boolean
  ) =>
    new Promise<ReadonlyArray<string>>((resolve) => {
      const take = (message: Message): void => {
        if (
          message.event === "projectsUpdatedInBackground" || message.event === "refreshDiagnostics"
        ) {
          send("geterr", { files: [file], delay: 0 })
        }
        if (message.event !== event || message.body?.file !== file) return
        const found = message.body.diagnostics
          .filter(({ source }) => source?.startsWith("rappel") === true)
          .map(({ source, start }) => `${start.line} ${source}`)
        if (!isEnough(found)) {
          send("geterr", { files: [file], delay: 50 })
          return
        }
        waiting.delete(take)
        resolve(found)
      }
      waiting.add(take)
      send("geterr", { files: [file], delay: 0 })
    })
  return { findings, send }
}

describe("the plugin of TypeScript's language service", () => {
  it("shows findings of what the editor holds, and lets them go", async () => {
    const packages = join(import.meta.dirname, "../..")
    // The plugin loads what is built, and this builds what is not.
    await import(pathToFileURL(join(packages, "worker/bin/place.mjs")).href)
    mkdirSync(join(root, "node_modules/@rappel"), { recursive: true })
    for (const name of ["core", "compiler"]) {
      symlinkSync(join(packages, name), join(root, "node_modules/@rappel", name))
    }
    write("package.json", "{ \"name\": \"app\", \"type\": \"module\" }")
    write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          strict: true,
          module: "nodenext",
          types: [],
          plugins: [{ name: "@rappel/compiler/ts-plugin" }]
        }
      })
    )
    const file = write(
      "w.ts",
      [
        "import { workflow } from \"@rappel/core\"",
        "export const w = workflow(async () => {",
        "  const cache = new WeakMap()",
        "  return 1",
        "})"
      ].join("\n")
    )
    const { findings, send } = start()
    send("open", { file })

    const first = await findings(file, "semanticDiag", (found) => found.length > 0)
    assert.deepStrictEqual(first, ["3 rappel not-storable"])

    // Not saved: the server alone knows of the change.
    send("change", {
      file,
      line: 3,
      offset: 1,
      endLine: 3,
      endOffset: 30,
      insertString: "  Math.max(1)"
    })
    assert.deepStrictEqual(await findings(file, "semanticDiag", (found) => found.length === 0), [])
  }, 60_000)
})
