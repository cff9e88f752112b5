/** State of the Redis servers; empty without one. */
export interface RedisFacts {
  readonly connections: readonly {
    /** Purpose of the connection. */
    readonly use: string
    readonly isUp: boolean
    readonly breaker: string
    readonly reconnects: number
    /** Commands by how they ended. */
    readonly outcomes: Readonly<Record<string, number>>
  }[]
  /** Messages, entries and hashes with prices, by source. */
  readonly messages: Readonly<Record<string, number>>
  /** How many of them were no price, by reason. */
  readonly malformed: Readonly<Record<string, number>>
}
