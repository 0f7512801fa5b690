/**
 * The machine's own records, which no workflow holds: reactions, iterations under way, what
 * waits in the slots of a task.
 *
 * @since 0.1.0
 */
import { AsyncFromSyncIterator, UnwrapReaction } from "../asyncFromSync.ts"
import { AsyncFunctionDriver } from "../asyncFunctions.ts"
import { AsyncGenerator, ReturnReaction } from "../asyncGenerators.ts"
import { CallEffect, SleepEffect, TimeoutEffect } from "../effects.ts"
import { Spreaded } from "../evaluate/calls.ts"
import { Ending } from "../evaluate/loops.ts"
import { SuperReference } from "../evaluate/members.ts"
import { Pending } from "../evaluate/tryStatement.ts"
import { Lexical, Task } from "../Frame.ts"
import { Generator } from "../generators.ts"
import { IteratorRecord } from "../iteration.ts"
import {
  ArrayCursor,
  CollectionCursor,
  MatchCursor,
  ParametersCursor,
  StringCursor
} from "../iterators.ts"
import { KeyIterator } from "../keys.ts"
import { PrivateElements, privateElements, PrivateKey } from "../privates.ts"
import {
  Aggregate,
  AwaitReaction,
  ElementReaction,
  FinallyReaction,
  FollowReaction,
  PassReaction,
  RootReaction,
  ThenReaction
} from "../reactions.ts"
import { Completion, GeneratorReturn, jump, RETURN } from "../signals.ts"
import type { StoredKind } from "./Kind.ts"
import { chainOf, slotChains } from "./variableNames.ts"

type Class<A extends object> = { readonly prototype: A }

/** A class whose fields are all there is to it. */
const fields = <A extends object>(
  tag: StoredKind["tag"],
  of: Class<A>,
  names: ReadonlyArray<keyof A & string>
): StoredKind => ({
  tag,
  prototype: of.prototype,
  write: (object, out) => names.map((name) => out.val((object as A)[name], name)),
  shell: () => Object.create(of.prototype) as object,
  fill: (object, data, heap) => {
    names.forEach((name, at) => {
      ;(object as Record<string, unknown>)[name] = heap.val(data[at]!)
    })
  }
})

const task: StoredKind = {
  tag: "@task",
  prototype: Task.prototype,
  write: (object, out) => {
    const { args, at, code, driver, env, home, lexical, self, slots } = object as Task
    const { names } = out
    if (names !== undefined) {
      const where = `${code.node.n || "a function"} at ${code.program.where(at)}`
      names.env(env, chainOf(code), where)
      for (const [slot, chain] of slotChains(code)) names.env(slots[slot], chain, where)
    }
    return [
      code.program.codes.indexOf(code),
      at,
      out.val(env),
      slots.map((slot) => out.val(slot)),
      out.val(driver),
      out.val(args),
      out.val(self, names?.edge("this", "")),
      out.val(home),
      out.val(lexical)
    ]
  },
  shell: ([code], { program }) =>
    new Task(program.codes[code as number]!, [], undefined, [], null, null),
  fill: (object, [, at, env, slots, driver, args, self, home, lexical], heap) => {
    Object.assign(object, {
      at,
      env: heap.val(env!),
      slots: (slots as StoredSlots).map(heap.val),
      driver: heap.val(driver!),
      args: heap.val(args!),
      self: heap.val(self!),
      home: heap.val(home!),
      lexical: heap.val(lexical!)
    })
    const { code } = object as Task
    if (code.body === undefined) code.compile()
  }
}

type StoredSlots = ReadonlyArray<
  Parameters<Parameters<NonNullable<StoredKind["fill"]>>[2]["val"]>[0]
>

/** Jumps are compared by identity, so they are looked up again. */
const completion: StoredKind = {
  tag: "@end",
  prototype: Completion.prototype,
  write: (object) => {
    const { kind, label } = object as Completion
    return [kind, label ?? null]
  },
  shell: ([kind, label]) =>
    kind === "return"
      ? RETURN
      : jump(kind as "break" | "continue", label === null ? undefined : label as string)
}

const collectionCursor: StoredKind = {
  tag: "@collection",
  prototype: CollectionCursor.prototype,
  write: (object, out) => {
    const { kind, position, source } = object as CollectionCursor
    return [out.val(source), kind, position]
  },
  shell: ([, kind]) => new CollectionCursor(undefined, kind as CollectionCursor["kind"]),
  fill: (object, [source], heap) => {
    ;(object as CollectionCursor).source = heap.val(source!) as CollectionCursor["source"]
  }
}

/** Its place is found when the collection has its entries. */
export const placeCursor = (object: object, position: number): void => {
  ;(object as CollectionCursor).position = position
}

/** Not referred to by the object that has them: whoever meets that object writes them. */
const elements: StoredKind = {
  ...fields("@private", PrivateElements, ["owner", "values"]),
  fill: (object, [owner, values], heap) => {
    const made = object as { owner: object; values: unknown }
    made.owner = heap.val(owner!) as object
    made.values = heap.val(values!)
    privateElements.set(made.owner, object as PrivateElements)
  }
}

export const recordKinds: ReadonlyArray<StoredKind> = [
  task,
  completion,
  collectionCursor,
  elements,
  fields("@lexical", Lexical, [
    "self",
    "home",
    "newTarget",
    "args",
    "constructing",
    "argumentsObject"
  ]),
  fields("@async", AsyncFunctionDriver, ["promise"]),
  fields("@generator", Generator, ["task", "state"]),
  fields("@asyncGenerator", AsyncGenerator, ["task", "state", "queue"]),
  fields("@await", AwaitReaction, ["task"]),
  fields("@then", ThenReaction, ["onFulfilled", "onRejected", "result"]),
  fields("@finally", FinallyReaction, ["callback", "result"]),
  fields("@pass", PassReaction, ["result", "status", "value"]),
  fields("@follow", FollowReaction, ["result"]),
  fields("@element", ElementReaction, ["aggregate", "index"]),
  fields("@unwrap", UnwrapReaction, ["result", "done"]),
  fields("@return", ReturnReaction, ["generator"]),
  fields("@root", RootReaction, []),
  fields("@aggregate", Aggregate, ["kind", "result", "values", "remaining"]),
  fields("@iteration", IteratorRecord, ["iterator", "next", "isDone"]),
  fields("@keys", KeyIterator, ["object", "keys", "position"]),
  fields("@asyncFromSync", AsyncFromSyncIterator, ["record"]),
  fields("@pending", Pending, ["isThrown", "completion", "value"]),
  fields("@ending", Ending, ["completion", "error", "result"]),
  fields("@generatorReturn", GeneratorReturn, ["value"]),
  fields("@super", SuperReference, ["base", "self"]),
  fields("@spread", Spreaded, ["items"]),
  fields("@privateKey", PrivateKey, [
    "name",
    "className",
    "isStatic",
    "method",
    "getter",
    "setter"
  ]),
  fields("@call", CallEffect, ["effect", "action", "args", "policy", "promise"]),
  fields("@sleep", SleepEffect, ["effect", "dueAt", "promise"]),
  fields("@timer", TimeoutEffect, ["effect", "dueAt", "callback", "args", "timeout", "promise"]),
  fields("@arrayCursor", ArrayCursor, ["source", "kind", "index"]),
  fields("@stringCursor", StringCursor, ["source", "index"]),
  fields("@matchCursor", MatchCursor, ["regExp", "text", "isGlobal", "isUnicode"]),
  fields("@parametersCursor", ParametersCursor, ["source", "kind", "index"])
]
