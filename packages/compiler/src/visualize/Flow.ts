/**
 * The control flow of a workflow as people draw it: calls, waits, branches,
 * loops, parallel groups, `try`.
 *
 * A view over the program, made for pictures: what has no effect on the outside
 * is left out.
 *
 * @since 0.1.0
 */

/** A call or a wait: the values that flow into it, and what its result is called. */
export interface Call {
  readonly kind: "action" | "wait" | "helper"
  readonly name: string
  readonly inputs: ReadonlyArray<string>
  readonly output: string | undefined
  readonly text: string
  /** What a helper function does inside. */
  readonly body: ReadonlyArray<Flow>
}

export type Flow =
  | Call
  | {
    readonly kind: "branch"
    readonly text: string
    readonly arms: ReadonlyArray<{ readonly label: string; readonly body: ReadonlyArray<Flow> }>
  }
  | { readonly kind: "loop"; readonly text: string; readonly body: ReadonlyArray<Flow> }
  | {
    readonly kind: "parallel"
    readonly text: string
    readonly arms: ReadonlyArray<{ readonly label: string; readonly body: ReadonlyArray<Flow> }>
  }
  | {
    readonly kind: "try"
    readonly body: ReadonlyArray<Flow>
    readonly handler: ReadonlyArray<Flow> | undefined
    readonly final: ReadonlyArray<Flow> | undefined
  }
  | { readonly kind: "end"; readonly text: string }
  | { readonly kind: "jump"; readonly text: string }

/** A workflow's name, parameters and flow. */
export interface Picture {
  readonly title: string
  readonly flow: ReadonlyArray<Flow>
}
