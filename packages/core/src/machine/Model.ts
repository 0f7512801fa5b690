/**
 * What goes into a step of the machine and what comes out.
 *
 *     step(program, state, event) → (state', commands)
 *
 * All of it is plain data; values travel as encoded text (`value/Value.ts`).
 *
 * @since 0.1.0
 */

/** A success or failure of a call or an instance; both sides are encoded values. */
export type Outcome =
  | { readonly ok: true; readonly value: string }
  | {
    readonly ok: false
    readonly error: string
    /** Executions that ended with an error, set as `attempts` on the error in the workflow: for calls with a retry policy. */
    readonly attempts?: number
    /** Of an instance: it ended with the error of its cancellation, or was ended from outside. */
    readonly verdict?: "cancelled" | "terminated"
  }

/** What an instance begins with; stored in its row, so its first step needs no event. */
export interface Start {
  readonly instanceId: string
  /** The encoded array of arguments. */
  readonly input: string
  /** 32 hex digits of CSPRNG data: the seed of the instance's random generator. */
  readonly seed: string
  /** Step time of the first step: milliseconds since the epoch, from the database's clock. */
  readonly at: number
  /** Of a child: the top-level variable that holds its workflow, as `module:index`; the program's own entry when absent. */
  readonly entry?: string
}

/**
 * A durable fact that advances an instance. `at` is the step time: what
 * `Date.now()` answers in this step. It never runs backwards within an instance.
 */
export type MachineEvent =
  | {
    readonly kind: "settled"
    readonly effect: number
    readonly at: number
    readonly outcome: Outcome
  }
  | { readonly kind: "fired"; readonly effect: number; readonly at: number }
  /** A signal came on a channel; `value` is encoded. */
  | {
    readonly kind: "received"
    readonly at: number
    readonly channel: string
    readonly value: string
    /** The sender's message, for an answer. */
    readonly message: string
  }
  | { readonly kind: "cancelled"; readonly at: number; readonly reason: string | null }
  /**
   * The instance was put back to where it is now. What followed once is void, so nothing gets
   * a number that was given then (`floor`), nor a random number that was drawn then.
   */
  | {
    readonly kind: "repaired"
    readonly at: number
    /** The highest effect that was ever emitted. */
    readonly floor: number
    /** 32 hex digits: the random generator begins anew. */
    readonly seed: string
    /** Pending calls that are asked for again, under new numbers. */
    readonly again: ReadonlyArray<number>
  }
  /**
   * An execution failed, and the program's own predicates say whether another may follow; when
   * they refuse, the call is settled with the error.
   */
  | {
    readonly kind: "failed"
    readonly effect: number
    readonly at: number
    readonly error: string
    /** Executions that ended with an error, this one included. */
    readonly attempts: number
  }

/** What a step asks for. `effect` numbers all effects of an instance, from 1, in the order of their emission. */
export type Command =
  | {
    readonly kind: "call"
    readonly effect: number
    readonly action: string
    readonly args: string
    readonly policy: Policy
  }
  | { readonly kind: "timer"; readonly effect: number; readonly dueAt: number }
  /** A signal on this channel is waited for; nothing is to be done. */
  | { readonly kind: "wait"; readonly effect: number; readonly channel: string }
  /** The program no longer waits for this timer (after `clearTimeout`) or call (after a cancellation). */
  | { readonly kind: "drop"; readonly effect: number }
  /** Starts an instance of this program from another entry, whose outcome settles the effect. */
  | {
    readonly kind: "child"
    readonly effect: number
    readonly id: string
    readonly name: string
    readonly entry: string
    readonly input: string
    readonly seed: string
    readonly delayMillis?: number
  }
  /** Tells another instance something; `id` names the message. */
  | {
    readonly kind: "send"
    readonly id: string
    readonly to: string
    readonly message: "cancel" | "signal"
    readonly name: string | null
    readonly payload: string | null
  }
  /** Answers the sender of a message. */
  | { readonly kind: "reply"; readonly message: string; readonly outcome: Outcome }
  /** Shows an encoded value to whoever looks at the instance; the last of a name counts. */
  | { readonly kind: "publish"; readonly name: string; readonly value: string }
  | {
    readonly kind: "log"
    readonly level: "debug" | "info" | "warn" | "error"
    readonly text: string
  }
  /** The result is fixed. Calls in flight may go on; see `closed` on the step. */
  | { readonly kind: "complete"; readonly outcome: Outcome }

/** A call's policy as plain data: durations in milliseconds, error classes by name. */
export interface Policy {
  readonly retry?: {
    /** Total executions that may end with an error of the action; `null` is without limit. */
    readonly attempts: number | null
    readonly backoff?: {
      readonly kind: "constant" | "linear" | "exponential"
      readonly baseMillis: number
      readonly factor: number
    }
    readonly maxDelayMillis?: number
    /** Fraction of the delay that is drawn at random: 0 none, 1 all of it. */
    readonly jitter?: number
    readonly retryOn?: ReadonlyArray<string>
    readonly stopOn?: ReadonlyArray<string>
    /** Predicates of the program have a say as well: the machine is asked, by a `failed` event. */
    readonly judged?: boolean
  }
  /** From when the call was asked for to its last moment, with all executions and waits. */
  readonly deadlineMillis?: number
  /** An execution that gives no sign of life for so long has timed out. */
  readonly heartbeatMillis?: number
  /** Crashes of workers that this call alone may have caused before `ActionLost`; absent is without limit. */
  readonly crashLimit?: number | null
  readonly timeoutMillis?: number | null
  /** Timed-out attempts before `ActionTimeout` reaches the workflow; `null` or absent is without limit. */
  readonly timeoutAttempts?: number | null
  /** The action commits its outcome together with its own work in the queue's database. */
  readonly transactional?: boolean
  /** The queue whose dispatchers run the call; absent is `default`. */
  readonly queue?: string
  /** From -9 to 9: a call of a higher one is taken first. Only where calls wait in a queue. */
  readonly priority?: number
  /** Calls of the same name and key share these limits; the action's id is the name by default. */
  readonly limit?: {
    readonly name?: string
    readonly key?: string
    readonly concurrency?: number
    readonly rate?: { readonly count: number; readonly periodMillis: number }
  }
}

export interface Step {
  readonly commands: ReadonlyArray<Command>
  /** Set in the step that fixes the result. */
  readonly outcome?: Outcome
  /** No effect is pending and the result is fixed: nothing can happen any more. */
  readonly closed: boolean
  /** Units of fuel that this step burnt. */
  readonly fuel: number
  /** Of a `failed` event: no predicate is against another execution. */
  readonly mayRetry?: boolean
}

/** One live instance. Only the machine looks inside; `apply` changes it in place. */
export interface State {
  readonly instanceId: string
  /** The number of the last effect that was emitted. */
  readonly effects: number
  /** Effects that are pending, in order. */
  readonly pending: ReadonlyMap<number, PendingEffect>
}

export type PendingEffect =
  | {
    readonly kind: "call"
    readonly effect: number
    readonly action: string
    readonly args: string
    readonly policy: Policy
  }
  | { readonly kind: "timer"; readonly effect: number; readonly dueAt: number }
  | { readonly kind: "wait"; readonly effect: number; readonly channel: string }
  | {
    readonly kind: "child"
    readonly effect: number
    readonly id: string
    readonly name: string
    /** It goes on when this instance ends. */
    readonly abandoned: boolean
  }
  /** Waits for a condition, which only other effects can make true. */
  | { readonly kind: "until"; readonly effect: number }

/** A program made ready to run; shared by all instances of the program. */
export interface Machine {
  readonly start: (start: Start) => { readonly state: State; readonly step: Step }
  /** Applies one event and drains all jobs. An event for an unknown effect is ignored (an empty step). */
  readonly apply: (state: State, event: MachineEvent) => Step
  /** The whole state as text; the same state gives the same bytes. */
  readonly snapshot: (state: State) => string
  readonly restore: (snapshot: string) => State
}

/** Stored with every event: a release that steps differently must raise it. */
export const MACHINE_VERSION = 1
