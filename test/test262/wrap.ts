/**
 * Turns a test into a workflow, and the same text into a function that Node can run.
 */
import ts from "typescript"
import type { Selected } from "./select.ts"

/** After how many awaits that the wrapper adds a run goes on without: loops over all of Unicode. */
export const TICKS = 500

export interface Wrapped {
  readonly test: Selected
  /** The body of the async function that the test becomes. */
  readonly body: string
}

/** `hasTicks`: with an await after every statement. */
export const wrap = (test: Selected, hasTicks: boolean): Wrapped => ({
  test,
  body: hasTicks ? withTicks(test.text) : test.text
})

const DONE = `
let $settle;
const $finished = new Promise(function (resolve, reject) {
  $settle = function (error) { if (error) reject(error); else resolve(); };
});
$finished.catch(function () {});
function $DONE(error) { $settle(error); }
`

/** Errors leave as text, for those who do not know the harness's own class of errors. */
const mainOf = (run: string) => `
const $main = async (index) => {
  try {
    ${run}
  } catch (error) {
    const { constructor } = Object(error);
    const name = typeof constructor === "function" ? constructor.name : "";
    throw new Error(name + ": " + (Object(error).message ?? String(error)));
  }
};`

const MAIN = mainOf("await $tests[index].call(undefined);")
const ASYNC_MAIN = mainOf("await $tests[index].call(undefined); await $finished;")

const TICK = `
let $ticks = 0;
const $pause = async () => { if ($ticks < ${TICKS}) { $ticks++; await $tick(); } };
`

/**
 * What both worlds run: declares `$main`, which takes the index of a test, and uses `$tick`.
 * The tests are all sync or all async, and need the same `includes`.
 */
const textOf = (
  tests: ReadonlyArray<Wrapped>,
  includes: ReadonlyArray<string>
): string => {
  const isAsync = tests.some(({ test }) => test.isAsync)
  return [
    ...includes,
    ...isAsync ? [DONE] : [],
    TICK,
    "const $tests = [",
    ...tests.map(({ body }) => `async function () {\n${body}\n},`),
    "];",
    isAsync ? ASYNC_MAIN : MAIN
  ].join("\n")
}

export const asModule = (
  tests: ReadonlyArray<Wrapped>,
  includes: ReadonlyArray<string>
): string =>
  `import { action as $action, workflow as $workflow } from "@rappel/core"
export const $tick = $action(async () => {})
${textOf(tests, includes)}
export const $w = $workflow($main)
`

/** Of a script whose value takes the host's `$tick` and gives the promise of the run. */
export const asScript = (test: Wrapped, includes: ReadonlyArray<string>): string =>
  `(function ($tick) { "use strict";
${textOf([test], includes)}
return $main(0); })`

/** An await after every statement outside of nested functions and classes. */
const withTicks = (text: string): string => {
  const source = ts.createSourceFile("test.js", text, ts.ScriptTarget.ESNext, true)
  const ends: Array<number> = []
  const list = (statements: ReadonlyArray<ts.Statement>): void => {
    for (const statement of statements) {
      visit(statement)
      if (!endsItsList(statement)) ends.push(statement.end)
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return
    if (ts.isBlock(node)) list(node.statements)
    else if (ts.isCaseOrDefaultClause(node)) list(node.statements)
    else ts.forEachChild(node, visit)
  }
  list(source.statements)
  let out = ""
  let at = 0
  for (const end of ends.sort((a, b) => a - b)) {
    out += `${text.slice(at, end)}\n;await $pause();`
    at = end
  }
  return out + text.slice(at)
}

/** Nothing is reached behind a jump, and a directive must stay before all code. */
const endsItsList = (node: ts.Statement): boolean =>
  ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isBreakOrContinueStatement(node) ||
  ts.isExpressionStatement(node) && ts.isStringLiteral(node.expression)
