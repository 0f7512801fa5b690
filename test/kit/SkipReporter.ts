/**
 * Lists the skipped tests with their reasons after the last one; in CI a test that is skipped
 * because a part is missing, or for no stated reason, fails the run.
 *
 * @since 0.1.0
 */
import { relative } from "node:path"
import process from "node:process"
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node"
import { isAccepted } from "./Skip.ts"

interface Skipped {
  readonly file: string
  readonly name: string
  readonly note: string | undefined
}

export default class SkipReporter implements Reporter {
  private vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.vitest = vitest
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    // Whoever asks for a test by its name knows that the others are left out.
    if (this.vitest === undefined || this.vitest.config.testNamePattern !== undefined) return
    const skipped = modules.flatMap((module) =>
      Array.from(module.children.allTests("skipped"), skippedOf)
    )
    if (skipped.length === 0) return

    const write = (line: string) => this.vitest?.logger.log(line)
    write(`Skipped (${skipped.length}):`)
    for (const { file, name, note } of skipped) {
      write(
        `  ${file} > ${name}\n    ${note ?? "no reason given; use skipFor of test/kit/skips.ts"}`
      )
    }
    const refused = skipped.filter(({ note }) => !isAccepted(note))
    if (isCi() && refused.length > 0) {
      write(`CI runs every part: ${refused.length} of these skips make this run fail.`)
      process.exitCode = 1
    }
  }
}

const skippedOf = (test: TestCase): Skipped => {
  const result = test.result()
  return {
    file: relative(process.cwd(), test.module.moduleId),
    name: test.fullName,
    note: result.state === "skipped" ? result.note : undefined
  }
}

const isCi = () => process.env["CI"] === "true" || process.env["CI"] === "1"
