/**
 * A plugin of TypeScript's language service: editors show what `rappel check` finds.
 *
 * Plain JavaScript in a folder of its own, because the language service loads plugins as
 * CommonJS and by path. The compiler is an ECMAScript module and loads in the background; the
 * project's files are asked for again once it is there.
 */
"use strict"

const { existsSync } = require("node:fs")
const { join } = require("node:path")
const { pathToFileURL } = require("node:url")

/** Of the compiler as it was built, else its source, which needs a loader for TypeScript. */
const load = () => import(pathToFileURL(join(__dirname, "../dist/index.js")).href)

/** Codes of rappel's findings have names; the language service wants a number. */
const CODE = 900_000

const MENTIONS = /@rappel\/core/

module.exports = ({ typescript: ts }) => ({
  create(info) {
    const { languageService, languageServiceHost: host, project } = info
    const isStrict = info.config.strict === true
    let compiler
    load().then(
      (loaded) => {
        compiler = loaded
        project.refreshDiagnostics?.()
      },
      (error) => project.projectService.logger.info(`rappel: the compiler cannot be loaded: ${error}`)
    )

    const categories = {
      error: ts.DiagnosticCategory.Error,
      warning: ts.DiagnosticCategory.Warning,
      info: ts.DiagnosticCategory.Suggestion
    }

    /** What the editor shows, saved or not; else what is on disk. */
    const readFile = (path) => {
      const snapshot = existsSync(path) || host.getScriptVersion(path) !== undefined
        ? host.getScriptSnapshot(path)
        : undefined
      return snapshot === undefined ? ts.sys.readFile(path) : snapshot.getText(0, snapshot.getLength())
    }

    const findingsOf = (file) => {
      const source = languageService.getProgram()?.getSourceFile(file)
      if (compiler === undefined || source === undefined || !MENTIONS.test(source.text)) return []
      const root = compiler.findProjectRoot(file)
      const { findings, workflows } = compiler.compileFile({ file, projectRoot: root, readFile, strict: isStrict })
      const seen = new Set()
      return [...findings, ...workflows.flatMap((each) => each.findings)].flatMap((finding) => {
        const key = `${finding.fileName}:${finding.start}:${finding.code}:${finding.message}`
        // What stands in a helper is shown where the helper is.
        if (seen.has(key) || join(root, finding.fileName) !== file) return []
        seen.add(key)
        return [{
          file: source,
          start: finding.start,
          length: finding.length,
          category: categories[finding.severity],
          code: CODE,
          source: `rappel ${finding.code}`,
          messageText: `${finding.message}. ${finding.help}`
        }]
      })
    }

    const quietly = (file) => {
      try {
        return findingsOf(file)
      } catch (error) {
        // The service must go on, whatever half a file does to the compiler.
        project.projectService.logger.info(`rappel: ${error?.stack ?? error}`)
        return []
      }
    }

    const proxy = Object.create(null)
    for (const name of Object.keys(languageService)) {
      proxy[name] = (...args) => languageService[name](...args)
    }
    proxy.getSemanticDiagnostics = (file) => [
      ...languageService.getSemanticDiagnostics(file),
      ...quietly(file).filter((each) => each.category !== categories.info)
    ]
    proxy.getSuggestionDiagnostics = (file) => [
      ...languageService.getSuggestionDiagnostics(file),
      ...quietly(file).filter((each) => each.category === categories.info)
    ]
    return proxy
  }
})
