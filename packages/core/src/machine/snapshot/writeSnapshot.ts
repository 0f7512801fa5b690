/**
 * A whole instance as text.
 *
 * @since 0.1.0
 */
import { encodeHeap } from "../../heap/encodeHeap.ts"
import { NotStorable } from "../../heap/NotStorable.ts"
import type { Env } from "../Frame.ts"
import type { Instance } from "../Instance.ts"
import type { Variables, WritingNames } from "./snapshotHost.ts"
import { writingHost } from "./snapshotHost.ts"
import { chainOf } from "./variableNames.ts"

/** Of the text around the heap; a reader refuses what is newer than it knows. */
export const SNAPSHOT_FORMAT = 1

export const PREFIX = `{"machine":${SNAPSHOT_FORMAT},"heap":`

/**
 * The state outgrew its limit.
 *
 * @since 0.1.0
 * @category errors
 */
export class StateTooLarge extends Error {
  override readonly name = "StateTooLarge"

  constructor(size: number, limit: number) {
    super(
      `The state of the instance takes ${size} characters, more than the limit of ${limit}. Keep ` +
        "large data outside and pass references to it"
    )
  }
}

/** What a snapshot begins from; everything else hangs on it. */
const rootsOf = (state: Instance): ReadonlyArray<unknown> => [
  state.instanceId,
  state.effects,
  state.random.state,
  (state.completed ? 1 : 0) + (state.closed ? 2 : 0) + (state.isCancelled ? 4 : 0),
  state.program.program.modules.map((_, at) => state.modules[at] ?? null),
  Array.from(state.pending.values()),
  ...(state.kept.size === 0 ? [] : [Array.from(state.kept)])
]

/**
 * **Errors** `NotStorable` for what has no stored form, with the variable that holds it;
 * `StateTooLarge`.
 */
export const writeSnapshot = (state: Instance): string => {
  let text: string
  try {
    text = `${PREFIX}${encodeHeap(rootsOf(state), writingHost(state.program, undefined))}}`
  } catch (error) {
    throw error instanceof NotStorable ? namedRefusal(state, error) : error
  }
  const { maxStateBytes } = state.program.limits
  if (text.length > maxStateBytes) throw new StateTooLarge(text.length, maxStateBytes)
  return text
}

/** Parts a variable's name from its holder in a path; no name has it. */
const MARK = "\u0000"

/** Writes once more, with the names of variables, to say where the value is. */
const namedRefusal = (state: Instance, refusal: NotStorable): NotStorable => {
  const envs = new Map<unknown, Variables>()
  const holders: Array<string> = []
  const names: WritingNames = {
    edge: (name, where) =>
      name === "" ? undefined : { variable: `${name}${MARK}${holders.push(where) - 1}${MARK}` },
    env: (env, [own, ...outer], where) => {
      if (Array.isArray(env) && own !== undefined && !envs.has(env)) {
        envs.set(env, { names: own, outer, where })
      }
    },
    variablesOf: (object) => envs.get(object)
  }
  const { codes, program } = state.program
  state.modules.forEach((env: Env | undefined, at) => {
    const { f, file } = program.modules[at]!
    names.env(env, chainOf(codes[f]!), file)
  })
  try {
    encodeHeap(rootsOf(state), writingHost(state.program, names))
  } catch (error) {
    if (!(error instanceof NotStorable)) throw error
    const [variable, holder, rest] = error.path.split(MARK)
    if (rest === undefined) return error
    const where = holders[Number(holder)]!
    const remedy = error.message.slice(error.message.indexOf("cannot be stored: ") + 18)
    return new NotStorable(
      variable! + rest,
      error.className,
      where === "" ? remedy : `${remedy} (held by ${where})`
    )
  }
  return refusal
}
