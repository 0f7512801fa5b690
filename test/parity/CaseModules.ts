/**
 * The modules of the cases as this process loads them: actions, workflows, and classes, for
 * those who run cases in process.
 */
import { ActionTimeout } from "@rappel/core"
import { type AnyAction, isAction } from "@rappel/core/action/Action"
import type { ClassRef, ValueHost } from "@rappel/core/value/Value"
import { pathToFileURL } from "node:url"

type Namespace = Readonly<Record<string, unknown>>

export class CaseModules implements ValueHost {
  readonly #modules = new Map<string, Namespace>()
  readonly #classes = new Map<object, ClassRef>()
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Loads a module, given relative to the root, and knows its classes from then on. */
  async load(file: string): Promise<Namespace> {
    // Errors that only actions import reach callers, too.
    for (const shared of SHARED) await this.#load(shared)
    return await this.#load(file)
  }

  async #load(file: string): Promise<Namespace> {
    const known = this.#modules.get(file)
    if (known !== undefined) return known
    const module = await import(pathToFileURL(`${this.#root}/${file}`).href) as Namespace
    this.#modules.set(file, module)
    for (const [name, value] of Object.entries(module)) {
      if (!isClass(value)) continue
      this.#classes.set(value.prototype, {
        name: value.name,
        module: file,
        export: name,
        bases: basesOf(value.prototype)
      })
    }
    return module
  }

  action(file: string, name: string): AnyAction {
    const value = this.#modules.get(file)?.[name]
    if (!isAction(value)) throw new TypeError(`${file} exports no action ${name}`)
    return value
  }

  readonly classOf = (prototype: object): ClassRef | undefined => this.#classes.get(prototype)

  readonly prototypeOf = (ref: ClassRef): object | undefined => {
    for (const [prototype, { export: exported, module, name }] of this.#classes) {
      // A worker names classes that its actions threw by their names alone.
      if (
        ref.module === undefined
          ? name === ref.name
          : module === ref.module && exported === ref.export
      ) return prototype
    }
    return ownErrors.get(ref.name)
  }
}

const SHARED = ["parity/cases/errors.ts", "parity/cases/models.ts"]

/** What rappel itself throws into workflows. */
const ownErrors: ReadonlyMap<string, object> = new Map([["ActionTimeout", ActionTimeout.prototype]])

const isClass = (value: unknown): value is { readonly name: string; readonly prototype: object } =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value))

const basesOf = (prototype: object): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (
    let at = Object.getPrototypeOf(prototype) as object;
    at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) names.push(at.constructor.name)
  return names
}
