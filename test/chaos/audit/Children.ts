/**
 * Parents and their children: each child that a parent's log asks for was started, once, and
 * what the parent learnt of its end is how it ended.
 */
import type { Books, Instance } from "./Books.ts"
import type { Trace } from "./retrace.ts"

export interface Children {
  /** What is wrong with the children of an instance. */
  readonly problemsOf: (parent: Instance, trace: Trace) => ReadonlyArray<string>
  /** Children that no log asked for; to be asked when all parents were looked at. */
  readonly unasked: () => ReadonlyArray<string>
}

/** As the log of the parent has it (`encodeOutcome`). */
const endOf = ({ ok, outcome }: Instance): string => ok === true ? `+${outcome}` : `-:${outcome}`

export const make = (books: Books): Children => {
  const asked = new Set<string>()
  return {
    problemsOf: (parent, { emissions }) => {
      const problems: Array<string> = []
      for (const [effect, { command }] of emissions) {
        if (command.kind !== "child") continue
        asked.add(command.id)
        const child = books.instances.get(command.id)
        if (child === undefined) {
          problems.push(`child ${command.id} of effect ${effect} was not started`)
          continue
        }
        if (
          child.parent !== parent.id || child.parentEffect !== effect ||
          child.name !== command.name || child.entry !== command.entry ||
          child.input !== command.input
        ) {
          problems.push(`child ${child.id} is not what effect ${effect} asked for`)
        }
        const learnt = parent.events.find((event) =>
          event.kind === "settled" && event.effect === effect
        )
        if (learnt !== undefined && learnt.payload !== endOf(child)) {
          problems.push(`effect ${effect} has ${learnt.payload}, its child ${endOf(child)}`)
        }
        if (learnt !== undefined && child.finishedAt! > learnt.durableAt + 1) {
          problems.push(`effect ${effect} was settled before its child had ended`)
        }
      }
      return problems
    },
    unasked: () =>
      Array.from(books.instances.values())
        .filter(({ id, parent }) => parent !== null && !asked.has(id))
        .map(({ id, name, parent }) => `${name} ${id}: nothing in the log of ${parent} asks for it`)
  }
}
