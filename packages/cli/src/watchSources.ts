/**
 * The source files of a folder, as they change.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { watch } from "node:fs"
import { join } from "node:path"

const IGNORED = /(?:^|\/)(?:node_modules|dist|build|coverage|\.[^/]+)(?:\/|$)/
const SOURCE = /\.(?:[cm]?[jt]sx?|json)$/

/** Editors write a file in several steps. */
const QUIET = "25 millis"

/**
 * Absolute paths, each once per group of changes that belong together. `onWatching` is called
 * when nothing escapes any more: what is read after it needs no second look.
 */
export const watchSources = (
  folder: string,
  onWatching: () => void = () => {}
): Stream.Stream<ReadonlyArray<string>, Error> =>
  Stream.asyncPush<string, Error>((emit) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const watcher = watch(folder, { recursive: true }, (_event, name) => {
          if (name !== null && SOURCE.test(name) && !IGNORED.test(name)) emit.single(name)
        })
        watcher.on("error", (error) => emit.fail(error))
        onWatching()
        return watcher
      }),
      (watcher) => Effect.sync(() => watcher.close())
    )
  ).pipe(
    Stream.groupedWithin(10_000, QUIET),
    Stream.map((names) => Array.from(new Set(names), (name) => join(folder, name)))
  )
