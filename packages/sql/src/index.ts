export * as layer from "./layer.ts"
export * as Migrator from "./migrations/Migrator.ts"
export * as PgPool from "./PgPool.ts"
export * as PgQueue from "./queue/PgQueue.ts"
