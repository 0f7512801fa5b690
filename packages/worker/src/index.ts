/**
 * Worker processes that execute actions.
 *
 * @since 0.1.0
 */
export * as ActionModules from "./ActionModules.ts"
export { installCurrentCall } from "./AsyncCurrentCall.ts"
export * as ProcessPool from "./ProcessPool.ts"
export { WorkerPoolFailed } from "./WorkerPoolError.ts"
export { WorkerProcesses, type WorkerProcessInfo } from "./WorkerProcesses.ts"
