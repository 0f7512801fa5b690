/**
 * Loads the TypeScript compiler with `require`: an `import` would first read its nine
 * megabytes for the names of its exports, which takes twice as long as all the rest.
 */
import { createRequire } from "node:module"

export default createRequire(import.meta.url)("typescript")
