/**
 * A recording without what looks like a secret, which still replays.
 *
 * Texts under names such as `password` are replaced in all that the instance was given: its
 * input, the outcomes of its calls, its signals. Then it is stepped again beside the original:
 * what it asked for is made of what is left, so no text that it built of a secret remains. When
 * it would do something else without its secrets, it is refused.
 *
 * @since 0.1.0
 */
import { digestOf } from "../dispatcher/digest.ts"
import { voidedBy } from "../dispatcher/EventCodec.ts"
import { isStep, machineEventOf } from "../dispatcher/machineEvents.ts"
import { load } from "../machine/Machine.ts"
import type { Command, Outcome } from "../machine/Model.ts"
import { SECRET } from "../machine/view/shown.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { beginningOf, type Recording, RecordingNotReadable } from "./Recording.ts"

export const REDACTED = "<redacted>"

type Json = unknown

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isName = (value: Json): boolean => typeof value === "string" && SECRET.test(value)

/** All texts in it are gone. */
const blank = (value: Json): Json =>
  typeof value === "string"
    ? REDACTED
    : Array.isArray(value)
    ? value.map(blank)
    : isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, blank(item)]))
    : value

const plain = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(plain)
    : isObject(value)
    ? Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, isName(key) ? blank(item) : plain(item)])
    )
    : value

/** The nodes of a heap name properties by keys, or in lists of name and value by turns. */
const heap = (nodes: ReadonlyArray<Json>): ReadonlyArray<Json> => {
  const secret = new Set<number>()
  const value = (item: Json): Json => {
    if (Array.isArray(item) && item.length === 1 && typeof item[0] === "number") secret.add(item[0])
    return typeof item === "string" ? REDACTED : item
  }
  const walk = (item: Json): Json => {
    if (Array.isArray(item)) {
      return item.map((each, i) => i > 0 && isName(item[i - 1]) ? value(each) : walk(each))
    }
    return isObject(item)
      ? Object.fromEntries(
        Object.entries(item).map(([key, each]) => [key, isName(key) ? value(each) : walk(each)])
      )
      : item
  }
  const walked = nodes.map(walk)
  // What a secret name refers to holds no text either; its own parts are named by themselves.
  const inside = (data: Json): Json =>
    isObject(data)
      ? Object.fromEntries(
        Object.entries(data).map(([key, each]) => [key, typeof each === "string" ? REDACTED : each])
      )
      : Array.isArray(data)
      ? data.map((each) => typeof each === "string" ? REDACTED : each)
      : data
  return walked.map((node, i) => {
    if (!secret.has(i) || !Array.isArray(node)) return node
    const [tag, data, ...more] = node as [Json, Json]
    return [tag, inside(data), ...more]
  })
}

/** Of an encoded value (`value/Value.ts`). */
export const redactText = (text: string): string => {
  let parsed: Json
  try {
    parsed = JSON.parse(text)
  } catch {
    return text
  }
  const marked = isObject(parsed) ? parsed["$rappel"] : undefined
  if (!Array.isArray(marked)) return JSON.stringify(plain(parsed))
  const [version, roots, nodes] = marked as [Json, Json, ReadonlyArray<Json>]
  return JSON.stringify({ $rappel: [version, roots, heap(nodes)] })
}

/** Encoded values stand at the end of payloads, after what is not theirs. */
const redactPayload = ({ kind, payload }: StoredEvent): string | null => {
  if (payload === null) return null
  const after = (end: number) => payload.slice(0, end) + redactText(payload.slice(end))
  const outcomeAt = (from: number) =>
    payload[from] === "+" ? from + 1 : payload.indexOf(":", from) + 1
  switch (kind) {
    case "settled":
      return after(outcomeAt(0))
    case "patched":
      return after(outcomeAt(payload.indexOf("\n") + 1))
    case "received":
      return after(payload.indexOf("\n") + 1)
    case "heartbeat":
      return redactText(payload)
    case "attempt":
    case "failed":
    case "lost": {
      const { details, error, ...rest } = JSON.parse(payload) as Readonly<Record<string, string>>
      return JSON.stringify({
        ...rest,
        ...(details === undefined ? {} : { details: redactText(details) }),
        ...(error === undefined ? {} : { error: redactText(error) })
      })
    }
    default:
      return payload
  }
}

/** What a step asks for, without the values. */
const shapeOf = (commands: ReadonlyArray<Command>): string =>
  JSON.stringify(commands.map((command) => {
    const effect = "effect" in command ? command.effect : 0
    const what = command.kind === "call"
      ? command.action
      : command.kind === "wait"
      ? command.channel
      : command.kind === "child"
      ? command.entry
      : command.kind === "complete"
      ? command.outcome.ok
      : ""
    return [command.kind, effect, what]
  }))

const redactOutcome = (outcome: Outcome): Outcome =>
  outcome.ok
    ? { ...outcome, value: redactText(outcome.value) }
    : { ...outcome, error: redactText(outcome.error) }

const differs = (seq: number): RecordingNotReadable =>
  new RecordingNotReadable({
    reason: `without its secrets it would do something else at event ${seq}. ` +
      "Export it as it is, and treat the file as you treat the database"
  })

/**
 * **Errors** Throws `RecordingNotReadable` when the instance depends on its secrets.
 *
 * @category encoding
 */
export const redact = (recording: Recording): Recording => {
  const machine = load(recording.program)
  const { entry, id, input, seed, startedAt } = beginningOf(recording)
  const start = (text: string) =>
    machine.start({
      instanceId: id,
      input: text,
      seed,
      at: startedAt,
      ...(entry === null ? {} : { entry })
    })
  const shownInput = redactText(input)
  const original = start(input)
  const redacted = start(shownInput)
  if (shapeOf(original.step.commands) !== shapeOf(redacted.step.commands)) throw differs(0)

  let end = redacted.step.outcome
  const voided = voidedBy(recording.events)
  const events = recording.events.map((event): StoredEvent => {
    const shown = { ...event, payload: redactPayload(event) }
    if (voided.has(event.seq) || !isStep(event)) return shown
    const was = machine.apply(original.state, machineEventOf(event))
    const is = machine.apply(redacted.state, machineEventOf(shown))
    if (shapeOf(was.commands) !== shapeOf(is.commands)) throw differs(event.seq)
    if (event.kind === "repaired") end = undefined
    end = is.outcome ?? end
    return { ...shown, digest: digestOf(is.commands) }
  })
  const { memo, outcome } = recording.instance
  return {
    ...recording,
    instance: {
      ...recording.instance,
      input: shownInput,
      memo: memo === null ? null : redactText(memo),
      outcome: outcome === null ? null : end ?? redactOutcome(outcome)
    },
    events
  }
}
