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
  /** Null when that was all: most are there at once, and an effect each would cost as much. */
  readonly take: (loaded: Loaded) => Effect.Effect<void, QueueUnavailable> | null
  readonly setAside: (loaded: Loaded, reason: string) => Effect.Effect<void, QueueUnavailable>
}

export const make = (run: Run): Loading => {
  const { queue } = run
  const programs = new Map<string, ProgramFile>()

  const programOf = (hash: string) =>
    Effect.map(queue.getPrograms([hash]), ([file]) => {
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

  const adopt = (
    loaded: Loaded,
    file: ProgramFile
  ): Effect.Effect<void, QueueUnavailable> | null => {
    let adopted: ReturnType<typeof run.core.adopt>
    try {
      adopted = run.core.adopt(loaded, file)
    } catch (cause) {
      if (loaded.lastSeq === 0 && loaded.snapshot === null) {
        // Its input or its program is no good: nothing has run, and nothing ever will.
        return letGo(loaded, { ok: false, error: encodeError(cause) }, { kind: "close" })
      }
      return cause instanceof SnapshotTooNew
        ? postpone(loaded, cause.message)
        : setAside(loaded, `it cannot be loaded: ${messageOf(cause)}`)
    }
    if (Either.isRight(adopted)) return null
    const refused = adopted.left
    return refused._tag === "NewerFormat"
      ? postpone(loaded, refused.message)
      : setAside(loaded, refused.message)
  }

  const takeWith = (loaded: Loaded, file: ProgramFile | undefined) =>
    file === undefined
      ? setAside(loaded, `its program ${loaded.program} is not stored`)
      : file.program.format > FORMAT
      ? postpone(loaded, `its program has format ${file.program.format}`)
      : adopt(loaded, file)

  const take = (loaded: Loaded): Effect.Effect<void, QueueUnavailable> | null => {
    const end = endedBy(loaded, run.now())
    if (end !== undefined) return letGo(loaded, end.outcome, { kind: "close" }, [end.event])
    const known = programs.get(loaded.program)
    return known !== undefined
      ? takeWith(loaded, known)
      : Effect.flatMap(programOf(loaded.program), (file) => takeWith(loaded, file) ?? Effect.void)
  }

  return { take, setAside }
}
