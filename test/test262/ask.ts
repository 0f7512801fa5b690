/**
 * Asks one test: whether it counts, and how the compiler and the machine fare with it.
 */
import type { ProgramFile } from "@rappel/core/program/Program"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { compile, type MachineEnd, runMachine } from "./runMachine.ts"
import { type NodeEnd, parsesInNode, runNode } from "./runNode.ts"
import { type Group, select, type Selected } from "./select.ts"
import { wrap, type Wrapped } from "./wrap.ts"

/** How the test went in one mode; no text: as it must. */
export interface Ended {
  /** `compile`, or the name of what was thrown. */
  readonly failed?: string
  readonly message?: string
}

export interface Answer {
  readonly path: string
  /** Why the test does not count; the rest is absent then. */
  readonly leftOut?: string
  readonly group?: Group
  readonly plain?: Ended
  /** With a snapshot and a restore at every suspension. */
  readonly snapshots?: Ended
  readonly suspensions?: number
}

export interface Ask {
  readonly path: string
  readonly snapshots: boolean
}

export class Asker {
  readonly #root: string
  readonly #includes = new Map<string, string>()

  constructor(root: string) {
    this.#root = root
  }

  readonly #include = (name: string): string => {
    let text = this.#includes.get(name)
    if (text === undefined) {
      // `$DONE` is a variable of a module here, and no property of the global object. Node 20
      // has no Float16Array, which is asked for before it is used.
      text = readFileSync(join(this.#root, "harness", name), "utf8")
        .replace(`Object.prototype.hasOwnProperty.call(globalThis, "$DONE")`, "true")
        .replace(/typeof Float16Array !== ['"]undefined['"]/g, "false")
        .replace(/\bFloat16Array\b/g, "undefined")
      this.#includes.set(name, text)
    }
    return text
  }

  /** Asks tests; a test that hangs is the last one that `onBegin` was told of. */
  async askAll(asks: ReadonlyArray<Ask>, { onAnswer, onBegin }: Listener): Promise<void> {
    const batches = new Map<string, Array<Accepted>>()
    for (const { path, snapshots } of asks) {
      onBegin(path)
      const given = await this.#prepare(path)
      if ("path" in given) onAnswer(given)
      else {
        const key = `${String(given.test.isAsync)} ${given.test.includes.join(" ")}`
        const batch = batches.get(key)
        const accepted = { wrapped: given, snapshots }
        if (batch === undefined) batches.set(key, [accepted])
        else batch.push(accepted)
      }
    }
    for (const all of batches.values()) {
      for (let at = 0; at < all.length; at += TOGETHER) {
        this.#run(all.slice(at, at + TOGETHER), { onAnswer, onBegin })
      }
    }
  }

  #includesOf({ includes }: Selected): ReadonlyArray<string> {
    return ["sta.js", "assert.js", ...includes].map(this.#include)
  }

  /** The answer where that needs no machine; else the test as it is run. */
  async #prepare(path: string): Promise<Answer | Wrapped> {
    const text = readFileSync(join(this.#root, "test", path), "utf8")
    const selection = select(path, text, this.#include)
    if ("leftOut" in selection) return { path, leftOut: selection.leftOut }
    const { test } = selection
    if (test.negative?.phase === "parse") return askNegative(test)
    const given = await passingInNode(test, this.#includesOf(test))
    return typeof given === "string" ? { path, leftOut: given } : given
  }

  #run(batch: ReadonlyArray<Accepted>, listener: Listener): void {
    const { onAnswer, onBegin } = listener
    const [{ wrapped: first }] = batch as [Accepted]
    onBegin(first.test.path)
    const compiled = compile(batch.map(({ wrapped }) => wrapped), this.#includesOf(first.test))
    if ("program" in compiled) {
      batch.forEach(({ snapshots, wrapped: { test } }, index) => {
        onBegin(test.path)
        onAnswer(answer(test, compiled.program, index, snapshots))
      })
    } else if (batch.length > 1) {
      for (const each of batch) this.#run([each], listener)
    } else {
      const { path, group } = first.test
      const { code, message } = compiled.findings[0]!
      const failed = { failed: "compile", message: `${code}: ${message}` }
      onAnswer({
        path,
        group,
        plain: failed,
        ...(batch[0]!.snapshots ? { snapshots: failed } : {})
      })
    }
  }
}

export interface Listener {
  readonly onBegin: (path: string) => void
  readonly onAnswer: (answer: Answer) => void
}

interface Accepted {
  readonly wrapped: Wrapped
  readonly snapshots: boolean
}

/** Tests per program. */
const TOGETHER = 10

const answer = (
  test: Selected,
  program: ProgramFile,
  index: number,
  snapshots: boolean
): Answer => {
  const { group, path } = test
  const plain = runMachine(program, index, false)
  return {
    path,
    group,
    plain: endOf(plain, test),
    suspensions: plain.kind === "passed" ? plain.suspensions : 0,
    ...(snapshots ? { snapshots: endOf(runMachine(program, index, true), test) } : {})
  }
}

const askNegative = (test: Selected): Answer => {
  const { path } = test
  const wrapped = wrap(test, false)
  if (parsesInNode(wrapped)) return { path, leftOut: "Node: is no error within a function" }
  const compiled = compile([wrapped], ["function $DONOTEVALUATE() {}"])
  const plain = "findings" in compiled
    ? {}
    : { failed: "accepted", message: "compiles, although Node refuses it" }
  return { path, group: "negative", plain }
}

/** The test wrapped so that Node passes it, or why it does not. */
const passingInNode = async (
  test: Selected,
  includes: ReadonlyArray<string>
): Promise<Wrapped | string> => {
  const wrapped = wrap(test, true)
  const end = await runNode(wrapped, includes)
  if (isExpected(end, test)) return wrapped
  if (test.isAsync) {
    const untouched = wrap(test, false)
    if (isExpected(await runNode(untouched, includes), test)) return untouched
  }
  switch (end.kind) {
    case "syntax":
      return "Node: does not parse within a strict async function"
    case "unhandled":
      return "Node: leaves a rejection unhandled, which ends the process"
    case "endless":
      return "Node: does not end"
    default:
      return "Node: fails within a function"
  }
}

const isExpected = (end: NodeEnd, { negative }: Selected): boolean =>
  negative === undefined
    ? end.kind === "passed"
    : end.kind === "failed" && end.errorName === negative.type

const endOf = (end: MachineEnd, { negative }: Selected): Ended => {
  if (negative === undefined) {
    return end.kind === "passed" ? {} : { failed: end.errorName, message: end.message }
  }
  return end.kind === "failed" && end.errorName === negative.type
    ? {}
    : { failed: "passed", message: `ends without the ${negative.type} that it must end with` }
}
