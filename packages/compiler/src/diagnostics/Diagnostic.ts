/**
 * What the compiler has to say about a piece of source.
 *
 * @since 0.1.0
 */
import type ts from "../typescript.ts"

/**
 * One finding, free of the syntax tree: it can be kept, sorted, sent or printed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Diagnostic {
  /** Kebab case, never reused; also the page `docs/errors/<code>.md`. */
  readonly code: string
  /** Only an error keeps a workflow from having a program. */
  readonly severity: "error" | "warning" | "info"
  /** What is wrong, in the user's own identifiers; one sentence. */
  readonly message: string
  /** What to write instead; one sentence. */
  readonly help: string
  /** Relative to the project root, with forward slashes. */
  readonly fileName: string
  /** The whole source, and the range at fault in it, in UTF-16 code units. */
  readonly text: string
  readonly start: number
  readonly length: number
  /** Of `start`; both count from 1, as editors do. */
  readonly line: number
  readonly column: number
}

/** Takes findings; a pass reports through it and carries on. */
export type Report = (finding: Finding) => void

/** A finding before its file is named relative to the project. */
export interface Finding {
  readonly spec: FindingSpec
  readonly message: string
  readonly file: ts.SourceFile
  readonly start: number
  readonly length: number
}

/** What the catalogue says about every finding of one code. */
export interface FindingSpec {
  readonly code: string
  readonly severity: Diagnostic["severity"]
  readonly help: string
  /** What would go wrong at run time: the "Why" of the finding's page. */
  readonly why: string
}

/** Makes a finding's constructor: called with the node at fault and the message's arguments. */
export const define = <Args extends ReadonlyArray<string>>(
  entry: Omit<FindingSpec, "severity"> & {
    readonly severity?: Diagnostic["severity"]
    readonly message: (...args: Args) => string
  }
) => {
  const spec: FindingSpec = {
    code: entry.code,
    severity: entry.severity ?? "error",
    help: entry.help,
    why: entry.why
  }
  const make = (node: ts.Node, ...args: Args): Finding => {
    const file = node.getSourceFile()
    const start = node.getStart(file)
    return { spec, message: entry.message(...args), file, start, length: node.getEnd() - start }
  }
  return Object.assign(make, { spec })
}

/** The finding as data, with its file named by `nameOf`. */
export const toDiagnostic = (finding: Finding, nameOf: (file: string) => string): Diagnostic => {
  const { character, line } = finding.file.getLineAndCharacterOfPosition(finding.start)
  return {
    code: finding.spec.code,
    severity: finding.spec.severity,
    message: finding.message,
    help: finding.spec.help,
    fileName: nameOf(finding.file.fileName),
    text: finding.file.text,
    start: finding.start,
    length: finding.length,
    line: line + 1,
    column: character + 1
  }
}
