/**
 * A test that a statement's stacks are Node's, in logs and in the outcome.
 *
 * @since 0.1.0
 */
import { assert, it } from "@effect/vitest"
import { examine } from "./examine.ts"
import { lines, st } from "./Tree.ts"

export const PRELUDE = [
  `const echo = action(async (v) => v)`,
  `const fail = action(async (message) => { throw new Error(message) })`,
  `const boom = () => { throw new Error("boom") }`
]

export const shows = (name: string, body: string, prelude: ReadonlyArray<string>): void => {
  it(name, async () => {
    const tree = lines([
      ...prelude,
      st("")`const main = workflow(async (input) => {${
        lines([
          `try {`,
          `  ${body};`,
          `} catch (e) { console.log(e.stack); if (e.cause) console.log(e.cause.stack); throw e }`
        ])
      }})`
    ])

    const { detail } = await examine(tree, 1)

    assert.strictEqual(detail, "")
  })
}
