/**
 * Finds actions in the user's project: among those that a generated module registered,
 * else in the file that the program names.
 *
 * Actions that return an Effect get the services of the layer that their module exports as
 * `rappelLayer`, else of those that the preloaded user modules export. A layer is built
 * when it is first needed and lives as long as the process.
 *
 * @since 0.1.0
 */
import { ACTION, type ActionInfo } from "@rappel/core/action/Action"
import { lookup } from "@rappel/core/action/Registry"
import type { StepNode } from "@rappel/core/program/Program"
import {
  actionInfo,
  type ActionName,
  ActionSource,
  loadModules,
  resolveStep
} from "@rappel/core/worker/ActionSource"
import { UnknownAction } from "@rappel/core/worker/WorkerError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import { type Namespace, UserModules } from "./UserModules.ts"
import { WorkerNotReady } from "./WorkerProtocol.ts"

export interface ActionModulesOptions {
  readonly projectRoot: string
  readonly userModules: ReadonlyArray<string>
  readonly manifest: string | null
  /** Lets this process load modules of the user's. */
  readonly prepare?: () => Promise<unknown>
}

type AnyLayer = Layer.Layer<unknown, unknown, never>
type AnyRuntime = ManagedRuntime.ManagedRuntime<unknown, unknown>

const layerOf = (namespace: Namespace): AnyLayer | undefined =>
  Layer.isLayer(namespace["rappelLayer"]) ? namespace["rappelLayer"] as AnyLayer : undefined

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const exportsOf = (namespace: Namespace): string => {
  const names = Object.keys(namespace)
  return names.length === 0 ? "it exports nothing" : `it exports ${names.join(", ")}`
}

const preload = (
  modules: UserModules,
  options: ActionModulesOptions
): Effect.Effect<ReadonlyArray<Namespace>, WorkerNotReady> => {
  const named = options.userModules.map((name) => [`user module ${name}`, name] as const)
  const all = options.manifest === null
    ? named
    : [[`generated module ${options.manifest}`, options.manifest] as const, ...named]
  return Effect.forEach(all, ([what, name]) =>
    Effect.tryPromise({
      try: () => modules.loadNamed(name),
      catch: (error) =>
        new WorkerNotReady({
          reason: `The ${what} cannot be imported from ${options.projectRoot}: ${messageOf(error)}`
        })
    }))
}

/**
 * The actions of a project; fails when a module that should be loaded first cannot be.
 *
 * @category constructors
 */
export const make = (
  options: ActionModulesOptions
): Effect.Effect<ActionSource["Type"], WorkerNotReady, Scope.Scope> =>
  Effect.gen(function*() {
    const modules = new UserModules(options.projectRoot, options.prepare)
    const runtimes = new Map<AnyLayer, AnyRuntime>()
    yield* Effect.addFinalizer(() =>
      Effect.forEach(runtimes.values(), (runtime) => runtime.disposeEffect, { discard: true })
    )

    const preloaded = yield* preload(modules, options)
    const [first, ...rest] = preloaded.flatMap((namespace) => layerOf(namespace) ?? [])
    const shared = first === undefined ? undefined : Layer.mergeAll(first, ...rest)

    const withServices = (info: ActionInfo, layer: AnyLayer | undefined): ActionInfo => {
      if (layer === undefined) return info
      const provided = (effect: Effect.Effect<unknown, unknown, unknown>) => {
        let runtime = runtimes.get(layer)
        if (runtime === undefined) {
          runtime = ManagedRuntime.make(layer)
          runtimes.set(layer, runtime)
        }
        return Effect.provide(effect, runtime)
      }
      return {
        ...info,
        fn: (...args) => {
          const returned = info.fn(...args)
          return Effect.isEffect(returned)
            ? provided(returned as Effect.Effect<unknown, unknown, unknown>)
            : returned
        }
      }
    }

    const find = (name: ActionName): Effect.Effect<ActionInfo, UnknownAction> =>
      Effect.gen(function*() {
        const registered = lookup(name.action)
        if (registered !== undefined) return withServices(registered[ACTION], shared)
        if (!modules.exists(name.file)) {
          return yield* Effect.fail(
            new UnknownAction(
              name,
              `there is no ${name.file} in ${options.projectRoot}. Deploy the module, or import ` +
                "the one that holds the action now through RAPPEL_USER_MODULE or `rappel build`"
            )
          )
        }
        const namespace = yield* Effect.tryPromise({
          try: () => modules.load(name.file),
          catch: (error) =>
            new UnknownAction(name, `${name.file} cannot be imported: ${messageOf(error)}`, {
              cause: error
            })
        })
        const info = actionInfo(namespace[name.exportName], name.action)
        if (info === undefined) {
          return yield* Effect.fail(
            new UnknownAction(
              name,
              `${name.file} has no action \`${name.exportName}\` (${exportsOf(namespace)}). ` +
                "Export it again, or give the new action `name: \"" + name.action + "\"`"
            )
          )
        }
        return withServices(info, layerOf(namespace) ?? shared)
      })

    const findStep = (name: ActionName & { readonly step: StepNode }) =>
      resolveStep(
        name,
        (specifier, file) => modules.loadPackage(file, specifier),
        modules.values
      )

    const found = new Map<string, Effect.Effect<ActionInfo>>()
    return ActionSource.of({
      values: modules.values,
      resolve: (name) =>
        found.get(name.action) ??
          Effect.tap(
            name.step === undefined ? find(name) : findStep({ ...name, step: name.step }),
            (info) => {
              found.set(name.action, Effect.succeed(info))
            }
          ),
      load: (_name, classes) => loadModules(classes, (module) => modules.load(module))
    })
  })

/**
 * The same as a service, for a pool in this process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: ActionModulesOptions
): Layer.Layer<ActionSource, WorkerNotReady> => Layer.scoped(ActionSource, make(options))
