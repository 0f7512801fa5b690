/**
 * Writes `docs/errors/<code>.md` for every finding of the catalogue.
 *
 * Run it after a change of the catalogue or of a rejected fixture:
 *
 *     npx tsx --conditions=@rappel/source packages/compiler/scripts/writeErrorPages.ts
 *
 * @since 0.1.0
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as catalogue from "../src/diagnostics/catalogue.ts"
import { errorPage } from "./errorPage.ts"

const pages = join(import.meta.dirname, "../../../docs/errors")
const fixtures = join(import.meta.dirname, "../test/fixtures/rejected")

mkdirSync(pages, { recursive: true })
for (const { spec } of Object.values(catalogue)) {
  writeFileSync(join(pages, `${spec.code}.md`), errorPage(spec, join(fixtures, spec.code)))
}
