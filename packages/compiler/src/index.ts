/**
 * Compiles TypeScript workflows into programs.
 *
 * Loading this module loads the TypeScript compiler, so import it only where
 * something is compiled.
 *
 * @since 0.1.0
 */
export { findProjectRoot } from "./2-analyze/projectRoot.ts"
export { type CheckedFile, type Checker, makeChecker } from "./Checker.ts"
export {
  type ActionSite,
  type Compiled,
  type CompiledWorkflow,
  compileFile,
  type CompileOptions,
  findWorkflows
} from "./compile.ts"
export type { Diagnostic } from "./diagnostics/Diagnostic.ts"
export { render, renderColored } from "./diagnostics/render.ts"
export { visualize } from "./visualize/visualize.ts"
