import type { ChildProcess } from "node:child_process"

export declare const spawnWorker: (
  stdout: 1 | 2,
  env: Readonly<Record<string, string>>
) => ChildProcess

export declare const spawnAhead: () => ChildProcess
