/**
 * Schedules, for those who use promises.
 *
 * @since 0.1.0
 */
import { withClient } from "../client/Handle.ts"
import type { Moment } from "../duration/Moment.ts"
import type { ScheduleOptions } from "../schedule/ScheduleOptions.ts"
import type { ScheduleRecord } from "../schedule/Schedules.ts"
import { refOfWorkflow, type WorkflowClass, type WorkflowFunction } from "./Workflow.ts"

/**
 * Makes a schedule that starts a workflow, or changes the one of this name; calling it at
 * every start of an app is how it is meant. The next tick stays unless the timing changes.
 *
 * **Errors** Rejects with `InvalidSchedule` for a cron expression, time zone or option that
 * cannot be, and as a start does.
 *
 * @since 0.1.0
 * @category scheduling
 */
export const schedule = <Args extends ReadonlyArray<any>>(
  name: string,
  options: ScheduleOptions,
  workflow: WorkflowFunction<Args, any> | WorkflowClass<Args, any>,
  args: Args
): Promise<ScheduleRecord> =>
  withClient(({ schedules }) => schedules.upsert(name, options, refOfWorkflow(workflow), args))

/**
 * What can be done with schedules by name. Each rejects with `ScheduleNotFound` for a name
 * that there is not.
 *
 * @since 0.1.0
 * @category scheduling
 */
export const schedules = {
  /** By name. */
  list: (): Promise<ReadonlyArray<ScheduleRecord>> => withClient(({ schedules }) => schedules.list),
  find: (name: string): Promise<ScheduleRecord> =>
    withClient(({ schedules }) => schedules.find(name)),
  /** Fires no more; runs go on. */
  pause: (name: string): Promise<void> => withClient(({ schedules }) => schedules.pause(name)),
  /** Fires again from the next tick on. */
  resume: (name: string): Promise<void> => withClient(({ schedules }) => schedules.resume(name)),
  /** Starts a run now, whatever else runs; answers its id. */
  trigger: (name: string): Promise<string> =>
    withClient(({ schedules }) => schedules.trigger(name)),
  /** Starts the runs of past ticks that have none; answers their ids. */
  backfill: (name: string, from: Moment, to: Moment): Promise<ReadonlyArray<string>> =>
    withClient(({ schedules }) => schedules.backfill(name, from, to)),
  /** Ends a schedule; runs go on. */
  remove: (name: string): Promise<void> => withClient(({ schedules }) => schedules.remove(name))
} as const
