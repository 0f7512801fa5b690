/**
 * Writes the module that ties the programs and action ids of a build to the code of an app.
 *
 * @since 0.1.0
 */
import type { Manifest } from "@rappel/core/client/Manifest"
import type { ProgramFile, StepNode } from "@rappel/core/program/Program"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"

/** Whether the project's own imports end in `.ts`; else they end in `.js`, as tsc wants them. */
const importsTypeScript = (projectRoot: string): boolean => {
  const file = join(projectRoot, "tsconfig.json")
  return existsSync(file) &&
    /"(?:allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/
      .test(readFileSync(file, "utf8"))
}

const specifierOf = (from: string, file: string, keepsExtension: boolean): string => {
  const path = posix.relative(dirname(from), file)
  const relative = path.startsWith(".") ? path : `./${path}`
  return keepsExtension ? relative : relative.replace(/\.([cm]?)tsx?$/, ".$1js")
}

/** A name for each workflow that can be exported; taken names get a number. */
const exportNames = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name) => {
    const plain = name.replace(/[^\p{ID_Continue}$]/gu, "_").replace(/^(?!\p{ID_Start}|[$_])/u, "_")
    let unique = RESERVED.has(plain) ? `${plain}_` : plain
    for (let i = 2; taken.has(unique); i++) unique = `${plain}_${i}`
    taken.add(unique)
    return unique
  })
}

const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval " +
    "export extends false finally for function if implements import in instanceof interface let new " +
    "null package private protected public return static super switch this throw true try typeof " +
    "undefined var void while with yield")
    .split(" ")
)

/** The steps of all programs, each once. */
const stepsOf = (
  programs: ReadonlyArray<ProgramFile>
): ReadonlyArray<readonly [id: string, step: StepNode]> =>
  Array.from(
    new Map(programs.flatMap(({ program }) =>
      program.actions.flatMap(({ id, step }) => step === undefined ? [] : [[id, step] as const])
    ))
  )

/** Implicit steps, with the packages that a bundler then finds as imports. */
const stepLines = (
  programs: ReadonlyArray<ProgramFile>
): { readonly imports: ReadonlyArray<string>; readonly registrations: ReadonlyArray<string> } => {
  const steps = stepsOf(programs)
  const packages = Array.from(
    new Set(steps.flatMap(([, { imports }]) => imports.map(({ from }) => from)))
  ).sort()
  const nameOf = (from: string) => `package${packages.indexOf(from)}`
  return {
    imports: packages.map((from) => `import * as ${nameOf(from)} from ${JSON.stringify(from)}`),
    registrations: steps.map(([id, { code, imports, setup }]) => {
      const values = imports.map(({ from, x }) =>
        x === "*" ? nameOf(from) : `${nameOf(from)}[${JSON.stringify(x)}]`
      )
      const scope = `(${imports.map(({ n }) => n).join(", ")}) => {\n${setup}\nreturn (${code})\n}`
      return `registerStep(${JSON.stringify(id)}, () => (${scope})(${values.join(", ")}))`
    })
  }
}

/**
 * The source of the module: importing it registers actions and programs, and each export
 * is a program graph with the types of its workflow.
 */
export const generatedModule = (
  projectRoot: string,
  manifest: Manifest,
  programs: ReadonlyArray<ProgramFile>
): string => {
  const keepsExtension = importsTypeScript(projectRoot)
  const { actions, generated, workflows } = manifest
  const files = Array.from(new Set([...actions, ...workflows].map(({ file }) => file))).sort()
  const moduleOf = new Map(files.map((file, i) => [file, `module${i}`]))
  const member = ({ export: name, file }: { readonly export: string; readonly file: string }) =>
    `${moduleOf.get(file)}[${JSON.stringify(name)}]`
  const typed = ({ export: name, file }: { readonly export: string; readonly file: string }) =>
    `typeof ${moduleOf.get(file)}[${JSON.stringify(name)}]`
  const steps = stepLines(programs)
  const names = exportNames(workflows.map(({ name }) => name))
  return [
    "// Written by `rappel build`; changes are lost with the next build.",
    // The code of steps has lost its types.
    ...(steps.registrations.length === 0 ? [] : ["// @ts-nocheck"]),
    "import { ProgramGraph, registerAction, registerProgram, registerStep } from \"@rappel/core\"",
    ...steps.imports,
    ...files.map((file) =>
      `import * as ${moduleOf.get(file)} from ${
        JSON.stringify(specifierOf(generated, file, keepsExtension))
      }`
    ),
    "",
    ...actions.map((action) => `registerAction(${JSON.stringify(action.id)}, ${member(action)})`),
    "",
    ...steps.registrations,
    ...workflows.flatMap((workflow, i) => [
      `/** Workflow \`${workflow.name}\` of ${workflow.file}, program ${
        workflow.hash.slice(0, 12)
      }. */`,
      `export const ${names[i]} = ProgramGraph.of<${typed(workflow)}>(`,
      `  ${JSON.stringify(JSON.stringify(programs[i]))}`,
      ")",
      `registerProgram(${member(workflow)}, ${names[i]}.file)`,
      ""
    ])
  ].join("\n")
}
