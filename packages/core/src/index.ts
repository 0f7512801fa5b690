/**
 * What a user of rappel imports.
 *
 * @since 0.1.0
 */
export {
  type Action,
  action,
  type ActionOptions,
  isAction,
  type ResultOf
} from "./action/Action.ts"
export { ActionSchemaMismatch } from "./action/ActionSchema.ts"
export type { PolicyOptions } from "./action/Policy.ts"
export { registerAction, registerStep } from "./action/Registry.ts"
export { runAction } from "./action/runAction.ts"
export { AttemptOver, settleIn } from "./action/settleIn.ts"
export {
  ArgumentsNotStorable,
  CompileFailed,
  InstanceFinished,
  InstanceNotFound,
  InvalidStartOption,
  NotCommitted,
  PackageMissing,
  ProgramNotFound,
  UpdateRejected,
  WorkflowFailure
} from "./client/ClientError.ts"
export { type DefaultRuntime, defaultRuntime, setDefaultRuntime } from "./client/DefaultRuntime.ts"
export { type Handle, handle, result } from "./client/Handle.ts"
export { registerProgram } from "./client/ProgramSource.ts"
export { RappelClient, type SignalOptions } from "./client/RappelClient.ts"
export type { StartOptions } from "./client/StartOptions.ts"
export type { Transaction } from "./client/Transaction.ts"
export { ActionLost, ActionTimeout, WorkflowStalled } from "./dispatcher/DispatcherError.ts"
export * as ProgramGraph from "./program/ProgramGraph.ts"
export { KeyTaken, QueueUnavailable, SchemaTooNew } from "./queue/QueueError.ts"
export * as Rappel from "./Rappel.ts"
export { InvalidSchedule, ScheduleNotFound } from "./schedule/ScheduleError.ts"
export type { ScheduleOptions } from "./schedule/ScheduleOptions.ts"
export type { ScheduleRecord } from "./schedule/Schedules.ts"
export { type CurrentCall, currentCall, heartbeat } from "./worker/CurrentCall.ts"
export { Cancelled, Terminated, WaitTimeout } from "./workflow/errors.ts"
export { schedule, schedules } from "./workflow/schedule.ts"
export {
  offer,
  publish,
  type Request,
  type Signal,
  signal,
  SignalSchemaMismatch,
  until,
  type Update,
  update,
  waitFor,
  type WaitOptions
} from "./workflow/Signal.ts"
export { sleep } from "./workflow/Sleep.ts"
export {
  type Durable,
  type RunError,
  type StartManyItem,
  Workflow,
  workflow,
  type WorkflowFunction,
  type WorkflowOptions
} from "./workflow/Workflow.ts"
