/**
 * The one place that loads the TypeScript compiler.
 *
 * Exact version 6.0: from 7.0 on the package has no JavaScript API under this
 * name. Whoever ports the compiler to another parser starts here.
 *
 * @since 0.1.0
 */
export { default } from "../typescript.mjs"
