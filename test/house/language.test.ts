import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { languagePage } from "../kit/languagePage.ts"

it("docs/language.md lists the cases that are run; npm run language writes it", () => {
  const file = fileURLToPath(new URL("../../docs/language.md", import.meta.url))

  expect(readFileSync(file, "utf8")).toBe(languagePage())
})
