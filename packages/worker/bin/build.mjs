/**
 * Builds what is not built, file by file, when rappel runs in its own repository.
 *
 * Loading a TypeScript module through hooks takes several times as long as loading its
 * JavaScript, in every process anew. So the outputs that `tsc -b` would write are written
 * here first, without looking at types: the first command takes some 0.3 s longer, and all
 * others start as they do when published.
 */
import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** tsx brings esbuild, which is not a dependency of its own. */
export const loadEsbuild = () => {
  const require = createRequire(import.meta.url)
  return createRequire(require.resolve("tsx/package.json"))("esbuild")
}

/** Every import stays an import; those of files beside it name what they become. */
const keepImports = {
  name: "keep-imports",
  setup: ({ onResolve }) => {
    onResolve(
      { filter: /^\.\.?\/.*\.ts$/ },
      ({ kind, path }) =>
        kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true }
    )
    onResolve(
      { filter: /^\.\.?\// },
      ({ kind, path }) => kind === "entry-point" ? undefined : { path, external: true }
    )
  }
}

/** Written beside and moved into place, as other processes may be loading the file. */
const write = (path, text, mtimeMs) => {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, text)
  // Of the source as it was read: if it has changed since, this is out of date.
  const seconds = (Math.ceil(mtimeMs) + 1) / 1000
  utimesSync(beside, seconds, seconds)
  renameSync(beside, path)
}

/**
 * Builds the given sources of one folder; throws where nothing can be written.
 *
 * @param {string} folder the package
 * @param {ReadonlyArray<{ source: string, output: string, mtimeMs: number }>} stale
 */
export const build = async (folder, stale) => {
  const { outputFiles } = await loadEsbuild().build({
    absWorkingDir: folder,
    entryPoints: stale.map(({ source }) => source),
    outbase: join(folder, "src"),
    outdir: join(folder, "dist"),
    bundle: true,
    write: false,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { target: "ES2022", verbatimModuleSyntax: true } },
    plugins: [keepImports]
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]))
  for (const { mtimeMs, output } of stale) write(output, texts.get(output), mtimeMs)
}
