/**
 * `npm run language`: writes `docs/language.md`.
 *
 * @since 0.1.0
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { languagePage } from "./languagePage.ts"

writeFileSync(fileURLToPath(new URL("../../docs/language.md", import.meta.url)), languagePage())
