/**
 * Settings of the environment under the options of a command: options win.
 *
 * @since 0.1.0
 */
import type { Settings } from "@rappel/worker/project/Environment"
import { findProject, projectRootOf } from "@rappel/worker/project/ProjectFiles"
import type { DatabaseTarget } from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { dirname } from "node:path"
import { type Invocation, settings } from "../Invocation.ts"

export interface CommonOptions {
  readonly databaseUrl?: Option.Option<Redacted.Redacted<string>>
  readonly workers?: Option.Option<number>
  readonly concurrency?: Option.Option<number>
  readonly userModule?: Option.Option<string>
}

const given = <A>(option: Option.Option<A> | undefined, otherwise: A): A =>
  option === undefined ? otherwise : Option.getOrElse(option, () => otherwise)

/** The settings of a call, with what its options say. */
export const settingsWith = (
  options: CommonOptions
): Effect.Effect<Settings, unknown, Invocation> =>
  Effect.map(settings, (found) => ({
    ...found,
    databaseUrl: given(options.databaseUrl, found.databaseUrl as Redacted.Redacted<string>),
    workerCount: given(options.workers, found.workerCount),
    concurrentPerWorker: given(options.concurrency, found.concurrentPerWorker),
    userModules: options.userModule === undefined || Option.isNone(options.userModule)
      ? found.userModules
      : options.userModule.value.split(",").map((module) => module.trim())
  }))

/**
 * The database for a command that is called in `folder`: the one that is named, else the
 * one of the project around `folder`, else of the project around `file`.
 */
export const targetOf = (
  { databaseUrl }: Settings,
  folder: string,
  file?: string
): Exclude<DatabaseTarget, { readonly kind: "memory" }> => {
  if (databaseUrl !== undefined) return { kind: "url", url: databaseUrl }
  const projectRoot = findProject(folder) ??
    (file === undefined ? folder : projectRootOf(dirname(file)))
  return { kind: "embedded", projectRoot }
}
