/**
 * Reads and parses source files, each once while it does not change.
 *
 * Files compile at first use inside a running process, so a parse costs what the
 * parser costs: no type checker, no JSDoc.
 *
 * @since 0.1.0
 */
import { readFileSync, statSync } from "node:fs"
import ts from "../typescript.ts"

/**
 * A parsed file.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceFile {
  /** Absolute path. */
  readonly file: string
  readonly syntax: ts.SourceFile
  readonly errors: ReadonlyArray<ts.DiagnosticWithLocation>
}

/**
 * Where sources come from: the disk, or whatever a caller reads from.
 *
 * @since 0.1.0
 * @category models
 */
export interface SourceFiles {
  readonly exists: (file: string) => boolean
  readonly text: (file: string) => string | undefined
  readonly parse: (file: string) => SourceFile | undefined
}

interface Cached {
  readonly stamp: string
  readonly source: SourceFile
}

const parsedFromDisk = new Map<string, Cached>()

const isFile = (file: string): boolean =>
  statSync(file, { throwIfNoEntry: false })?.isFile() === true

/** The sources on disk, parsed once per modification time and size. */
export const fromDisk: SourceFiles = {
  exists: isFile,
  text: (file) => {
    try {
      // Most files that are asked for are not there, and an exception costs more than a look.
      return isFile(file) ? readFileSync(file, "utf8") : undefined
    } catch {
      return undefined
    }
  },
  parse: (file) => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined || !found.isFile()) return undefined
    const stamp = `${found.mtimeMs}:${found.size}`
    return cached(parsedFromDisk, file, stamp, () => readFileSync(file, "utf8"))
  }
}

/** Sources that the caller provides; a file is there when `readFile` gives a text. */
export const fromReader = (
  readFile: (file: string) => string | undefined
): SourceFiles => {
  const parsed = new Map<string, Cached>()
  return {
    exists: (file) => readFile(file) !== undefined,
    text: readFile,
    parse: (file) => {
      const text = readFile(file)
      return text === undefined ? undefined : cached(parsed, file, text, () => text)
    }
  }
}

/** Asks for each file once: for one compilation, which sees the files of one moment. */
export const remembering = (files: SourceFiles): SourceFiles => {
  const once = <A>(ask: (file: string) => A): (file: string) => A => {
    const answers = new Map<string, A>()
    return (file) => {
      if (answers.has(file)) return answers.get(file)!
      const answer = ask(file)
      answers.set(file, answer)
      return answer
    }
  }
  return { exists: once(files.exists), text: once(files.text), parse: once(files.parse) }
}

const cached = (
  cache: Map<string, Cached>,
  file: string,
  stamp: string,
  read: () => string
): SourceFile => {
  const known = cache.get(file)
  if (known?.stamp === stamp) return known.source
  const source = parse(file, read())
  cache.set(file, { stamp, source })
  return source
}

const OPTIONS: ts.CompilerOptions = {
  noLib: true,
  noResolve: true,
  allowJs: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  types: []
}

const parse = (file: string, text: string): SourceFile => {
  const syntax = ts.createSourceFile(
    file,
    text,
    { languageVersion: ts.ScriptTarget.ESNext, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    true
  )
  // In JavaScript files the syntax of types is an error too, which no node is marked with.
  const isSound = !/\.[cm]?jsx?$/.test(file) && !hasError(syntax)
  return { file, syntax, errors: isSound ? [] : syntaxErrors(file, syntax) }
}

/** Whether the parser marked a node; a program for its messages costs as much as parsing. */
const hasError = (node: ts.Node): boolean =>
  (node.flags & ts.NodeFlags.ThisNodeHasError) !== 0 ||
  ts.forEachChild(node, (child) => hasError(child) || undefined) === true

/** The parser's findings; the only public way to them is a program of this one file. */
const syntaxErrors = (
  file: string,
  syntax: ts.SourceFile
): ReadonlyArray<ts.DiagnosticWithLocation> => {
  const program = ts.createProgram([file], OPTIONS, {
    getSourceFile: (name) => (name === file ? syntax : undefined),
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile: () => undefined,
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === file,
    readFile: () => undefined
  })
  return program.getSyntacticDiagnostics(syntax).filter(({ code }) => code !== PRIVATE_IN_CHAIN)
}

/** `a?.#b`: TypeScript refuses what ECMAScript and Node have had for years. */
const PRIVATE_IN_CHAIN = 18030
