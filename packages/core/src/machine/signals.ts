/**
 * What evaluators hand up besides values: suspension, jumps, and marks.
 *
 * None of it is ever seen by a workflow. Marks that may stay in an environment or a slot
 * are symbols, since a snapshot writes them.
 *
 * @since 0.1.0
 */

/** How a statement ended other than by reaching its end; compared by identity. */
export class Completion {
  readonly kind: "suspend" | "return" | "break" | "continue"
  readonly label: string | undefined

  constructor(kind: Completion["kind"], label?: string) {
    this.kind = kind
    this.label = label
  }
}

/**
 * The function's frame gives up the machine until an awaited promise settles or a generator
 * is asked for more. Expressions hand it up too, in the place of a value.
 */
export const SUSPENDED = new Completion("suspend")
/** The frame's `result` holds the value. */
export const RETURN = new Completion("return")
export const BREAK = new Completion("break")
export const CONTINUE = new Completion("continue")

const labelled = new Map<string, Completion>()

/** The one completion of that kind and label. */
export const jump = (kind: "break" | "continue", label: string | undefined): Completion => {
  if (label === undefined) return kind === "break" ? BREAK : CONTINUE
  const key = `${kind} ${label}`
  let completion = labelled.get(key)
  if (completion === undefined) {
    completion = new Completion(kind, label)
    labelled.set(key, completion)
  }
  return completion
}

/** A variable in its temporal dead zone, and `this` before `super()`. */
export const UNSET = Symbol("unset")
/** An elided element of an array literal. */
export const HOLE = Symbol("hole")
/** A body reached its end without a `return`. */
export const NOTHING = Symbol("nothing")
/** The rest of an optional chain is skipped. */
export const SKIPPED = Symbol("skipped")

export const MARKS: ReadonlyMap<string, symbol> = new Map([["unset", UNSET], ["hole", HOLE]])

/**
 * `return(value)` was called on a generator: thrown at its `yield`, so that `finally` runs,
 * caught by no `catch` of the workflow.
 */
export class GeneratorReturn {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** Ends the instance: nothing in the workflow catches it, and no `finally` runs. */
export class Fatal {
  readonly error: Error

  constructor(error: Error) {
    this.error = error
  }
}

/** What a completed `yield` or `await` goes on with. */
export const NEXT = 0
export const THROW = 1
export const RETURNING = 2
export type ResumeMode = typeof NEXT | typeof THROW | typeof RETURNING
