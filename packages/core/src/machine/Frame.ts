/**
 * One activation of a function of the program.
 *
 * Variables live in environments: arrays whose first item is the environment outside.
 * A frame holds what a call has besides.
 *
 * @since 0.1.0
 */
import type { Code } from "./Code.ts"
import type { MachinePromise } from "./promises.ts"
import { NEXT, type ResumeMode } from "./signals.ts"

/** `[outer, variable, variable, …]` */
export type Env = Array<unknown>

/** What arrows take from the function around them; of its own for each call of that function. */
export class Lexical {
  /** `UNSET` in the constructor of a derived class until `super()` was called. */
  self: unknown
  readonly home: object | null
  readonly newTarget: unknown
  readonly args: ReadonlyArray<unknown>
  /** The class whose constructor this is, for `super()`. */
  readonly constructing: object | null
  /** The `arguments` object, once it was asked for. */
  argumentsObject: object | undefined

  constructor(
    self: unknown,
    home: object | null,
    newTarget: unknown,
    args: ReadonlyArray<unknown>,
    constructing: object | null
  ) {
    this.self = self
    this.home = home
    this.newTarget = newTarget
    this.args = args
    this.constructing = constructing
    this.argumentsObject = undefined
  }
}

export const NO_ARGUMENTS: ReadonlyArray<unknown> = []

export class Frame {
  readonly code: Code
  readonly env: Env
  args: ReadonlyArray<unknown>
  readonly self: unknown
  readonly home: object | null
  readonly newTarget: unknown
  /** Shared with the arrows made here; an arrow's own frame has that of its maker. */
  lexical: Lexical | null
  /** Who called, while the call lasts: the stack of an error is read from it. */
  caller: Frame | null
  /** How much of the machine's stack is in use, in units of nested evaluators. */
  depth: number
  /** Index in the position table of what is being evaluated. */
  at: number
  /** Set with the completion `RETURN`. */
  result: unknown

  constructor(
    code: Code,
    env: Env,
    self: unknown,
    args: ReadonlyArray<unknown>,
    home: object | null,
    lexical: Lexical | null,
    newTarget: unknown
  ) {
    this.code = code
    this.env = env
    this.args = args
    this.self = self
    this.home = home
    this.newTarget = newTarget
    this.lexical = lexical
    this.caller = null
    this.depth = 0
    this.at = code.node.p
    this.result = undefined
  }
}

/** What runs a task on when it suspends or ends: the promise of an async function, a generator. */
export interface Driver {
  /** The awaited promise settled; `task.mode` and `task.sent` say how. */
  readonly resume: (task: Task) => void
  /** What others await of it, for stacks. */
  readonly awaited: () => MachinePromise | undefined
}

/**
 * The frame of a function that can suspend.
 *
 * A node that contains an `await` or `yield` keeps its state in slots of its own, all 0 at
 * first. Suspending returns through all evaluators; resuming calls the function's body
 * again, and every node goes on from its slots.
 */
export class Task extends Frame {
  readonly slots: Array<unknown>
  mode: ResumeMode
  sent: unknown
  /** What a suspended `await` waits for; undefined when a `yield` suspended. */
  awaited: MachinePromise | undefined
  yielded: unknown
  driver: Driver | null

  constructor(
    code: Code,
    env: Env,
    self: unknown,
    args: ReadonlyArray<unknown>,
    home: object | null,
    lexical: Lexical | null
  ) {
    super(code, env, self, args, home, lexical, undefined)
    this.slots = code.slots.slice()
    this.mode = NEXT
    this.sent = undefined
    this.awaited = undefined
    this.yielded = undefined
    this.driver = null
  }

  /** Parameters are bound by now: the arguments need not be kept, unless the code names them. */
  releaseArguments(): void {
    if (!this.code.usesArguments) this.args = NO_ARGUMENTS
  }
}
