/**
 * Where in the user's source a call stands, from the stack of an error.
 *
 * Making the error costs a microsecond or two; its text is made and read only when
 * somebody asks, because source maps make that part slow. tsx, vitest and Node's type
 * stripping all report positions of the TypeScript source.
 *
 * @since 0.1.0
 */

/** Lines and columns count from 1; `file` is an absolute path. */
export interface Site {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A call with the line on which it ends. */
export interface SiteRange extends Site {
  readonly endLine: number
}

/** A call of which the site is found when it is asked for. */
export interface CallSite {
  readonly site: () => Site | undefined
}

const FRAME = /(?:\(|at )((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/

/** `file:///a%20b.ts?x` → `/a b.ts`; the drive letter of Windows keeps no leading slash. */
export const pathOf = (location: string): string => {
  const plain = location.startsWith("file://")
    ? decodeURIComponent(location.slice("file://".length))
    : location
  return plain.replace(/\?.*$/, "").replace(/^\/([A-Za-z]:[\\/])/, "$1")
}

/** The site in one line of a stack; none for frames of Node itself and of evaluated code. */
export const parseFrame = (frame: string): Site | undefined => {
  const match = FRAME.exec(frame.trimEnd())
  return match === null
    ? undefined
    : { file: pathOf(match[1]!), line: Number(match[2]), column: Number(match[3]) }
}

/**
 * The caller `depth` frames above the function that calls this one: 1 is its own caller.
 */
export const callSite = (depth: number): CallSite => {
  const host = Error as unknown as { stackTraceLimit: number }
  const limit = host.stackTraceLimit
  host.stackTraceLimit = depth + 2
  const error = new Error()
  host.stackTraceLimit = limit
  let found: { readonly site: Site | undefined } | undefined
  return {
    site: () => {
      if (found === undefined) {
        const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))
        found = { site: parseFrame(frames[depth + 1] ?? "") }
      }
      return found.site
    }
  }
}
