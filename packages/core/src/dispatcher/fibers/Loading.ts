/**
 * Takes one loaded instance into memory, or ends this dispatcher's hold of it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Outcome } from "../../machine/Model.ts"
import { SnapshotTooNew } from "../../machine/snapshot/SnapshotTooNew.ts"
import { FORMAT, type ProgramFile } from "../../program/Program.ts"
import type { CommitEntry, Loaded, StoredEvent } from "../../queue/Queue.ts"
import type { QueueUnavailable } from "../../queue/QueueError.ts"
import { encodeError } from "../../value/Value.ts"
import { messageOf } from "../DispatcherError.ts"
import { endedBy } from "../endedBy.ts"
import type { Run } from "./Run.ts"

/** A program of a newer release: look again later, by then a newer dispatcher may have it. */
const UNREADABLE_RETRY_MILLIS = 60_000

export interface Loading {
  readonly take: (loaded: Loaded) => Effect.Effect<void, QueueUnavailable>
  readonly setAside: (loaded: Loaded, reason: string) => Effect.Effect<void, QueueUnavailable>
}

export const make = (run: Run): Loading => {
  const { queue } = run
  const programs = new Map<string, ProgramFile>()

  const programOf = (hash: string) =>
    Effect.gen(function*() {
      const known = programs.get(hash)
      if (known !== undefined) return known
      const [file] = yield* queue.getPrograms([hash])
      if (file !== undefined && file.program.format <= FORMAT) programs.set(hash, file)
      return file
    })

  /** Ends this dispatcher's hold of an instance that it cannot, or need not, run. */
  const letGo = (
    loaded: Pick<Loaded, "id" | "epoch" | "lastSeq">,
    outcome: Outcome | null,
    then: CommitEntry["then"],
    events: ReadonlyArray<StoredEvent> = []
  ): Effect.Effect<void, QueueUnavailable> =>
    Effect.asVoid(queue.commit({
      id: run.newId(),
      dispatcher: run.id,
      entries: [{
        id: loaded.id,
        epoch: loaded.epoch,
        expectedSeq: loaded.lastSeq,
        events,
        logs: [],
        consumed: [],
        outcome,
        snapshot: null,
        then
      }]
    }))

  const setAside = (loaded: Loaded, reason: string) =>
    Effect.logError("An instance is set aside").pipe(
      Effect.annotateLogs({ instanceId: loaded.id, workflow: loaded.name, reason }),
      Effect.zipRight(letGo(loaded, null, { kind: "aside", reason }))
    )

  /** Leaves an instance to a newer release, which may be here later. */
  const postpone = (loaded: Loaded, reason: string) =>
    Effect.logWarning("An instance waits for a dispatcher of a newer release").pipe(
      Effect.annotateLogs({ instanceId: loaded.id, workflow: loaded.name, reason }),
      Effect.zipRight(
        letGo(loaded, null, { kind: "release", dueAt: run.now() + UNREADABLE_RETRY_MILLIS })
      )
    )

  const take = (loaded: Loaded): Effect.Effect<void, QueueUnavailable> =>
    Effect.gen(function*() {
      const end = endedBy(loaded, run.now())
      if (end !== undefined) {
        return yield* letGo(loaded, end.outcome, { kind: "close" }, [end.event])
      }
      const file = yield* programOf(loaded.program)
      if (file === undefined) {
        return yield* setAside(loaded, `its program ${loaded.program} is not stored`)
      }
      if (file.program.format > FORMAT) {
        return yield* postpone(loaded, `its program has format ${file.program.format}`)
      }
      const adopted = yield* Effect.either(
        Effect.try({ try: () => run.core.adopt(loaded, file), catch: (cause) => cause })
      )
      if (Either.isLeft(adopted) && loaded.lastSeq === 0 && loaded.snapshot === null) {
        // Its input or its program is no good: nothing has run, and nothing ever will.
        return yield* letGo(loaded, { ok: false, error: encodeError(adopted.left) }, {
          kind: "close"
        })
      }
      if (Either.isLeft(adopted)) {
        if (adopted.left instanceof SnapshotTooNew) {
          return yield* postpone(loaded, adopted.left.message)
        }
        return yield* setAside(loaded, `it cannot be loaded: ${messageOf(adopted.left)}`)
      }
      if (Either.isRight(adopted.right)) return
      const refused = adopted.right.left
      yield* refused._tag === "NewerFormat"
        ? postpone(loaded, refused.message)
        : setAside(loaded, refused.message)
    })

  return { take, setAside }
}
