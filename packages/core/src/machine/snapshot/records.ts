/**
 * The machine's own records, which no workflow holds: reactions, iterations under way, what
 * waits in the slots of a task.
 *
 * @since 0.1.0
 */
import type { Json } from "../../heap/Json.ts"
import { AsyncFromSyncIterator, UnwrapReaction } from "../asyncFromSync.ts"
import { AsyncFunctionDriver } from "../asyncFunctions.ts"
import { AsyncGenerator, ReturnReaction } from "../asyncGenerators.ts"
import { Capability } from "../capabilities.ts"
import { ChildEffect, ChildHandle } from "../children.ts"
import { CallEffect, SleepEffect, TimeoutEffect } from "../effects.ts"
import { Spreaded } from "../evaluate/calls.ts"
import { Ending } from "../evaluate/loops.ts"
import { SuperReference } from "../evaluate/members.ts"
import { Pending } from "../evaluate/tryStatement.ts"
import { type Driver, Lexical, Task } from "../Frame.ts"
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
import { DurableRecord } from "../natives/core.ts"
import { PrivateElements, privateElements, PrivateKey } from "../privates.ts"
import { isPromise } from "../promises.ts"
import {
  Aggregate,
  ElementReaction,
  FinallyReaction,
  FollowReaction,
  PassReaction,
  RootReaction,
  ThenReaction
} from "../reactions.ts"
import { Completion, GeneratorReturn, jump, RETURN } from "../signals.ts"
import { RequestRecord, UntilEffect, WaitEffect, WaitTimer } from "../waits.ts"
import { readJudges, writeJudges } from "./judges.ts"
import type { Data, StoredKind } from "./Kind.ts"
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

/** What drives a task: the promise of an async function stands for its driver. */
const driverOf = (value: unknown): Driver | null =>
  isPromise(value) ? new AsyncFunctionDriver(value) : value as Driver | null

/** `[code, at, env, slots, driver, args, self, home, lexical]`, without a tail of nothings. */
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
    const head = [
      code.index,
      at,
      out.list(env),
      slots.map((slot) => out.val(slot)),
      out.val(driver instanceof AsyncFunctionDriver ? driver.promise : driver)
    ]
    const tail = [
      args.length === 0 ? 0 : args.map((arg) => out.val(arg)),
      self === undefined ? 0 : [out.val(self, names?.edge("this", ""))],
      home === null ? 0 : out.val(home),
      lexical === null ? 0 : out.val(lexical)
    ]
    while (tail.length > 0 && tail.at(-1) === 0) tail.pop()
    return [...head, ...tail]
  },
  shell: ([code], { program }) =>
    new Task(program.codes[code as number]!, [], undefined, [], null, null),
  fill: (object, [, at, env, slots, driver, args = 0, self = 0, home = 0, lexical = 0], heap) => {
    Object.assign(object, {
      at,
      env: heap.val(env!),
      slots: (slots as Data).map(heap.val),
      driver: driverOf(heap.val(driver!)),
      args: args === 0 ? [] : (args as Data).map(heap.val),
      self: self === 0 ? undefined : heap.val((self as Data)[0]!),
      home: home === 0 ? null : heap.val(home),
      lexical: lexical === 0 ? null : heap.val(lexical)
    })
    const { code } = object as Task
    if (!code.isCompiled) code.compile()
  }
}

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

/** The policy is data of its own kind: as JSON it needs no node. */
const callEffect: StoredKind = {
  tag: "@call",
  prototype: CallEffect.prototype,
  write: (object, out) => {
    const { action, args, effect, judges, policy, promise } = object as CallEffect
    const data = [effect, action, args, out.val(promise), policy as unknown as Json]
    return judges === undefined ? data : [...data, writeJudges(judges, out)]
  },
  shell: () => Object.create(CallEffect.prototype) as object,
  fill: (object, [effect, action, args, promise, policy, judges], heap) => {
    Object.assign(object, {
      effect,
      action,
      args,
      policy,
      promise: heap.val(promise!),
      judges: judges === undefined ? undefined : readJudges(judges, heap)
    })
  }
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
  callEffect,
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
  fields("@generator", Generator, ["task", "state"]),
  fields("@asyncGenerator", AsyncGenerator, ["task", "state", "queue"]),
  fields("@then", ThenReaction, ["onFulfilled", "onRejected", "target"]),
  fields("@finally", FinallyReaction, ["callback", "target"]),
  fields("@capability", Capability, ["promise", "resolve", "reject"]),
  fields("@pass", PassReaction, ["result", "status", "value"]),
  fields("@follow", FollowReaction, ["result"]),
  fields("@element", ElementReaction, ["aggregate", "index"]),
  fields("@unwrap", UnwrapReaction, ["result", "done"]),
  fields("@return", ReturnReaction, ["generator"]),
  fields("@root", RootReaction, []),
  fields("@aggregate", Aggregate, ["kind", "target", "values", "remaining"]),
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
  fields("@sleep", SleepEffect, ["effect", "dueAt", "promise"]),
  fields("@timer", TimeoutEffect, ["effect", "dueAt", "callback", "args", "timeout", "promise"]),
  fields("@wait", WaitEffect, ["effect", "channel", "replies", "promise", "timer"]),
  fields("@until", UntilEffect, ["effect", "predicate", "promise", "timer"]),
  fields("@waitTimer", WaitTimer, ["effect", "dueAt", "wait"]),
  fields("@child", ChildEffect, ["effect", "id", "name", "abandoned", "detached", "promise"]),
  fields("@childHandle", ChildHandle, ["id", "promise"]),
  fields("@durableRecord", DurableRecord, ["workflow", "options"]),
  fields("@requestRecord", RequestRecord, ["message", "isAnswered"]),
  fields("@arrayCursor", ArrayCursor, ["source", "kind", "index"]),
  fields("@stringCursor", StringCursor, ["source", "index"]),
  fields("@matchCursor", MatchCursor, ["regExp", "text", "isGlobal", "isUnicode"]),
  fields("@parametersCursor", ParametersCursor, ["source", "kind", "index"])
]
