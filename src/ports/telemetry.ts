/** Calls that are counted where they are made, and belong to the monitoring cycle that ends next. */
export type CycleCount = 'redisFetches' | 'storeQueries' | 'apiCalls'

/** Where adapters and actors tell what they do. Never throws, never waits. */
export interface Telemetry {
  count(name: CycleCount, by?: number): void
}
