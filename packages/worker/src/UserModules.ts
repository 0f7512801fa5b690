/**
 * The user's modules in this process, and the classes that they export.
 *
 * @since 0.1.0
 */
import type { ValueHost } from "@rappel/core/value/Value"
import * as ClassTable from "@rappel/core/worker/ClassTable"
import { existsSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { isAbsolute, join, relative, resolve, sep } from "node:path"
import { pathToFileURL } from "node:url"
import { importFrom } from "./project/Packages.ts"

export type Namespace = Readonly<Record<string, unknown>>

const EXTENSIONS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", "/index.ts", "/index.js"]

export class UserModules {
  private readonly root: string
  /** By path relative to the root, as programs name modules; outside of it by absolute path. */
  private readonly loaded = new Map<string, Promise<Namespace>>()
  private readonly classes = ClassTable.make()

  private readonly prepare: () => Promise<unknown>

  /** `prepare` lets this process load the user's modules; it is awaited before the first of them. */
  constructor(root: string, prepare: () => Promise<unknown> = () => Promise.resolve()) {
    this.root = resolve(root)
    this.prepare = prepare
  }

  /** The classes of the modules that were loaded, by module and export, else by name. */
  readonly values: ValueHost = this.classes.values

  /** Whether a path, relative to the root or absolute, names a file. */
  exists(file: string): boolean {
    return existsSync(this.pathOf(file))
  }

  /** Imports a file once; its classes are known from then on. */
  load(file: string): Promise<Namespace> {
    const path = this.pathOf(file)
    const key = this.nameOf(path)
    let loading = this.loaded.get(key)
    if (loading === undefined) {
      loading = this.importFile(path).then((namespace) => {
        this.classes.learn(key, namespace)
        return namespace
      })
      this.loaded.set(key, loading)
    }
    return loading
  }

  /** Imports what `RAPPEL_USER_MODULE` names: a path, with or without extension, or a package. */
  loadNamed(specifier: string): Promise<Namespace> {
    const path = this.pathOf(specifier)
    const extension = EXTENSIONS.find((extension) => isFile(path + extension))
    return this.load(
      extension !== undefined
        ? path + extension
        : createRequire(join(this.root, "package.json")).resolve(specifier)
    )
  }

  /** A package of an implicit step, as the module `file` would import it. */
  async loadPackage(file: string, specifier: string): Promise<Namespace> {
    await this.prepare()
    return importFrom(this.pathOf(file), specifier)
  }

  private async importFile(path: string): Promise<Namespace> {
    await this.prepare()
    return await import(pathToFileURL(path).href) as Namespace
  }

  private pathOf(file: string): string {
    return isAbsolute(file) ? file : join(this.root, file)
  }

  private nameOf(path: string): string {
    const inside = relative(this.root, path)
    return inside.startsWith("..") || isAbsolute(inside) ? path : inside.split(sep).join("/")
  }
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true
