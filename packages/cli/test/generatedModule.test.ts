import { afterAll, assert, describe, it } from "@effect/vitest"
import type { Manifest } from "@rappel/core/client/Manifest"
import type { ProgramFile } from "@rappel/core/program/Program"
import * as Processes from "@rappel/test/kit/Processes"
import { generatedModule } from "../src/commands/generatedModule.ts"

afterAll(Processes.cleanUp)

const workflow = (name: string, file: string, exportName: string) => ({
  name,
  file,
  export: exportName,
  line: 1,
  column: 1,
  endLine: 2,
  hash: "0123456789abcdef",
  program: ".rappel/programs/0123456789abcdef.json"
})

const manifest: Manifest = {
  format: 1,
  workflows: [
    workflow("greeting", "src/greeting.ts", "greeting"),
    workflow("delete", "src/greeting.ts", "default"),
    workflow("send-mail", "src/mail/send.mts", "sendMail"),
    workflow("send mail", "src/mail/send.mts", "sendMail2")
  ],
  actions: [{ id: "mail.send", file: "src/mail/actions.tsx", export: "send" }],
  generated: ".rappel/generated.ts"
}

const program = {
  hash: "0123456789abcdef",
  text: "a \"quote\" and\u2028a line",
  program: { actions: [] }
} as never as ProgramFile
const generate = (projectRoot: string) =>
  generatedModule(projectRoot, manifest, manifest.workflows.map(() => program))

describe("generatedModule", () => {
  const project = Processes.project({})

  it("imports each file once, relative to itself, as tsc wants it", () => {
    const text = generate(project)

    assert.include(text, `from "../src/greeting.js"`)
    assert.include(text, `from "../src/mail/send.mjs"`)
    assert.include(text, `from "../src/mail/actions.js"`)
    assert.lengthOf(text.match(/greeting\.js/g)!, 1)
  })

  it("keeps .ts where the project's own imports do", () => {
    const withTs = Processes.project({
      "tsconfig.json": `{"compilerOptions": {"allowImportingTsExtensions": true}}`
    })
    assert.include(generate(withTs), `from "../src/greeting.ts"`)
  })

  it("names that are no identifiers become some, each once", () => {
    const names = Array.from(
      generate(project).matchAll(/^export const (\S+) =/gm),
      ([, name]) => name
    )

    assert.deepStrictEqual(names, ["greeting", "delete_", "send_mail", "send_mail_2"])
  })

  it("a program survives in the text", () => {
    const [literal] = /"\{\\"hash.*?(?=\n\))/s.exec(generate(project))!

    assert.deepStrictEqual(JSON.parse(JSON.parse(literal) as string), program)
  })
})
