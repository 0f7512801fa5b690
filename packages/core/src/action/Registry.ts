/**
 * The actions of this process, found by id or by the place of their `action(...)` call.
 *
 * An action knows its place and not its id, as the id is made of the file and the name
 * of the export. The id arrives in one of two ways: the module that `rappel build`
 * generates registers it, or the compiler tells at which place the action of an id stands.
 *
 * One registry serves the process, also when two copies of this package are loaded.
 *
 * @since 0.1.0
 */
import { globalValue } from "effect/GlobalValue"
import type { AnyAction } from "./Action.ts"
import type { CallSite, Site, SiteRange } from "./CallSite.ts"

interface Entry {
  readonly action: AnyAction
  readonly site: Site
}

const registry = globalValue(Symbol.for("@rappel/core/action/Registry"), () => ({
  byId: new Map<string, AnyAction>(),
  ranges: new Map<string, SiteRange>(),
  pending: [] as Array<{ readonly action: AnyAction; readonly call: CallSite }>,
  byFile: new Map<string, Map<string, Entry>>(),
  steps: new Map<string, StepMaker>(),
  stepRoots: new Map<string, string>()
}))

/** Makes what an implicit step runs; called when the step is first executed. */
export type StepMaker = () => (...args: ReadonlyArray<never>) => unknown

/** Remembers an action and where it was made; called by `action(...)`. */
export const registerSite = (action: AnyAction, call: CallSite): void => {
  registry.pending.push({ action, call })
  // Actions made inside functions would grow the list without end; sites are few.
  if (registry.pending.length >= 1000) fold()
}

/** Gives an action its id: what the module that `rappel build` generates calls. */
export const registerAction = (id: string, action: AnyAction): void => {
  registry.byId.set(id, action)
}

/** Tells at which place the action of this id was made; what the compiler found out. */
export const declareSite = (id: string, range: SiteRange): void => {
  registry.ranges.set(id, range)
}

/** The place that was told for an id. */
export const siteOf = (id: string): SiteRange | undefined => registry.ranges.get(id)

/** The action of an id, if this process has loaded it. */
export const lookup = (id: string): AnyAction | undefined => {
  const known = registry.byId.get(id)
  if (known !== undefined) return known
  const range = registry.ranges.get(id)
  return range === undefined ? undefined : lookupSite(range)
}

/**
 * The action that was made at a place: on its line, the one with the nearest column,
 * else one within its lines (a transpiler may place a call at its argument).
 */
export const lookupSite = (place: Site & { readonly endLine?: number }): AnyAction | undefined => {
  fold()
  const entries = Array.from(registry.byFile.get(place.file)?.values() ?? [])
  const onLine = entries.filter(({ site }) => site.line === place.line)
  const candidates = onLine.length > 0
    ? onLine
    : entries.filter(({ site }) =>
      site.line > place.line && site.line <= (place.endLine ?? place.line)
    )
  const distance = ({ site }: Entry) =>
    (site.line - place.line) * 1e6 + Math.abs(site.column - place.column)
  candidates.sort((a, b) => distance(a) - distance(b))
  return candidates[0]?.action
}

/** Reads the places of the actions that were made since the last time. */
const fold = (): void => {
  for (const { action, call } of registry.pending.splice(0)) {
    const site = call.site()
    if (site === undefined) continue
    const entries = registry.byFile.get(site.file) ?? new Map<string, Entry>()
    // A module that is loaded again (watch mode) replaces what it registered before.
    entries.set(`${site.line}:${site.column}`, { action, site })
    registry.byFile.set(site.file, entries)
  }
}

/** Gives an implicit step its function: what the module that `rappel build` generates calls. */
export const registerStep = (id: string, make: StepMaker): void => {
  registry.steps.set(id, make)
}

/** What was given for a step. */
export const stepOf = (id: string): StepMaker | undefined => registry.steps.get(id)

/** Tells which folder the files of a step are relative to; what the compiler found out. */
export const declareStep = (id: string, root: string): void => {
  registry.stepRoots.set(id, root)
}

/** The folder that was told for a step. */
export const stepRootOf = (id: string): string | undefined => registry.stepRoots.get(id)
