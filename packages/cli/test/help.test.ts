import * as Command from "@effect/cli/Command"
import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import { help } from "../bin/help.mjs"
import { rappel } from "../src/main.ts"

/** Full names of the commands that do something: `run`, `instances list`. */
const names = (command: Command.Command<string, never, unknown, any>): ReadonlyArray<string> =>
  Array.from(HashMap.keys(Command.getSubcommands(command)))

describe("rappel --help", () => {
  it("names every command, and none that does not exist", () => {
    const listed = Array.from(
      help.matchAll(/^ {2}([a-z][a-z-]*(?: list| show)?)/gm),
      ([, name]) => name!
    )
    const roots = new Set(listed.map((name) => name.split(" ")[0]!))

    assert.deepStrictEqual(
      Array.from(roots).sort(),
      Array.from(names(rappel({ exitCode: 0 }) as never)).sort()
    )
  })
})
