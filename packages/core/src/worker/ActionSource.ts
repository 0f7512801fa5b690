/**
 * Finds the function of a call.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ACTION, type ActionInfo, isAction } from "../action/Action.ts"
import { lookup, siteOf, stepRootOf } from "../action/Registry.ts"
import { importModule, loadPackages } from "../client/Loader.ts"
import type { StepNode } from "../program/Program.ts"
import type { ClassRef, ValueHost } from "../value/Value.ts"
import * as ClassTable from "./ClassTable.ts"
import { type ImportFrom, stepInfo } from "./Step.ts"
import { UnknownAction } from "./WorkerError.ts"
import type { CallRequest } from "./WorkerPool.ts"

/** What names an action in a call. */
export type ActionName = Pick<CallRequest, "action" | "file" | "exportName" | "step">

/**
 * @since 0.1.0
 * @category services
 */
export class ActionSource extends Context.Tag("@rappel/core/worker/ActionSource")<ActionSource, {
  /** Answers an `Exit` for what it has found before: executions then cost no fiber. */
  readonly resolve: (name: ActionName) => Effect.Effect<ActionInfo, UnknownAction>
  /** The classes that arguments and results may be instances of. */
  readonly values: ValueHost
  /** Loads the modules of classes in a call's arguments, before `values` is asked again. */
  readonly load?: (name: ActionName, classes: ReadonlyArray<ClassRef>) => Effect.Effect<void>
}>() {}

/** What an action is made of, for a value that is one or a plain function. */
export const actionInfo = (value: unknown, label: string): ActionInfo | undefined => {
  if (isAction(value)) return value[ACTION]
  if (typeof value !== "function") return undefined
  return {
    fn: value as ActionInfo["fn"],
    name: undefined,
    schemas: {},
    policy: undefined,
    label: () => label
  }
}

/** The function of an implicit step. */
export const resolveStep = (
  name: ActionName & { readonly step: StepNode },
  importFrom: ImportFrom,
  values: ValueHost
): Effect.Effect<ActionInfo, UnknownAction> =>
  Effect.tryPromise({
    try: () => stepInfo(name, importFrom, values),
    catch: (error) =>
      new UnknownAction(
        name,
        `its packages cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error }
      )
  })

/** What cannot be imported leaves its instances what a reader without the class gets. */
export const loadModules = (
  classes: ReadonlyArray<ClassRef>,
  load: (module: string) => Promise<unknown>
): Effect.Effect<void> =>
  Effect.forEach(
    new Set(classes.flatMap(({ module }) => module ?? [])),
    (module) => Effect.ignore(Effect.tryPromise(() => load(module))),
    { discard: true }
  )

/** The folder that a program's files are relative to, from where this process has one of them. */
const rootOf = ({ action, file }: ActionName): string | undefined => {
  const site = siteOf(action)
  return site?.file.endsWith(`/${file}`) === true ? site.file.slice(0, -file.length) : undefined
}

/**
 * The actions whose modules this process has loaded, and the classes beside them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRegistry: Layer.Layer<ActionSource> = Layer.sync(ActionSource, () => {
  const classes = ClassTable.make()
  const steps = new Map<string, Effect.Effect<ActionInfo>>()
  const step = (name: ActionName & { readonly step: StepNode }) =>
    steps.get(name.action) ??
      loadPackages.pipe(
        Effect.mapError((error) => new UnknownAction(name, error.message, { cause: error })),
        Effect.flatMap(({ importFrom }) => {
          const root = stepRootOf(name.action)
          return resolveStep(
            name,
            (from, file) => importFrom(root === undefined ? undefined : `${root}/${file}`, from),
            classes.values
          )
        }),
        Effect.tap((info) => {
          steps.set(name.action, Effect.succeed(info))
        })
      )
  return ActionSource.of({
    resolve: (name) => {
      if (name.step !== undefined) return step({ ...name, step: name.step })
      const action = lookup(name.action)
      return action !== undefined
        ? Effect.succeed(action[ACTION])
        : Effect.fail(
          new UnknownAction(
            name,
            `no module of this process has registered it; import ${name.file}, or the module ` +
              "that `rappel build` generates, before the first call"
          )
        )
    },
    values: classes.values,
    load: (name, refs) => {
      const root = rootOf(name)
      return root === undefined ?
        Effect.void :
        loadModules(
          refs,
          (module) =>
            importModule(`file://${root}${module}`).then((exports) =>
              classes.learn(module, exports as Readonly<Record<string, unknown>>)
            )
        )
    }
  })
})
