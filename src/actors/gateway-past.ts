import type { Position } from '../domain/position.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { EndedExit, ExitRecord } from '../exits/record.ts'
import type { KeptNet } from './gateway-deps.ts'

/** A position that is closed, and how its exit ended where that was kept. */
interface Ended {
  readonly position: Position
  readonly generation: number
  readonly exited?: EndedExit
}

/** What an earlier process left in the store. */
export interface GatewayPast {
  /** Exits that are not over, each with its position. */
  readonly exits: readonly { readonly record: ExitRecord; readonly position: Position }[]
  /** Positions that are open and have no exit. */
  readonly open: readonly { readonly position: Position; readonly generation: number }[]
  readonly released: readonly { readonly position: Position; readonly generation: number }[]
  /** Exits of released positions whose orders may still be executed. */
  readonly followed: readonly { readonly record: ExitRecord; readonly position: Position }[]
  /** Positions that are over by exits with an order that may still arrive. */
  readonly ended: readonly Ended[]
  /** Stops that may rest at the venue. */
  readonly nets?: readonly KeptNet[]
  readonly killSwitch: KillSwitch
  readonly isUnconfirmed: boolean
}
