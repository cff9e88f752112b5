import type { Position } from '../domain/position.ts'
import type { AccountBook } from '../exits/account-book.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { EndedExit, ExitRecord } from '../exits/record.ts'
import type { NetBook } from '../nets/net-book.ts'
import type { NetRecord } from '../nets/record.ts'
import type { GatewayDeps, KeptNet } from './gateway-deps.ts'

export interface GatewayState {
  /** Written by the gateway alone. */
  readonly book: AccountBook
  readonly parts: GatewayDeps
  readonly killSwitch: KillSwitch
  /** Nothing is sent before a person has confirmed what the account holds. */
  readonly isUnconfirmed: boolean
  /** Records that are on their way to the store: they need not be written again. */
  readonly noted: WeakSet<ExitRecord>
  /** Stops of positions that rest at the venue; written by the gateway alone. */
  readonly nets: NetBook
  /** The same as `noted` for records of nets. */
  readonly notedNets: WeakSet<NetRecord>
}

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

/** The first state of a gateway: the book takes up what an earlier process left behind. */
export function gatewayState(
  book: AccountBook,
  parts: GatewayDeps,
  { exits, open, released, followed, ended, nets: kept = [], ...past }: GatewayPast,
  nets: NetBook,
): GatewayState {
  const now = parts.now()
  const each = <Kept extends { readonly position: Position }>(
    what: string,
    kept: readonly Kept[],
    take: (kept: Kept) => void,
  ): void => {
    for (const one of kept) {
      book.faults.alone(`${what} ${one.position.id}`, () => take(one), undefined)
    }
  }
  each('release', released, ({ position, generation }) =>
    book.release(position, { generation, now }),
  )
  each('remember', ended, ({ position, generation, exited }) =>
    book.remember(position, { generation, exited, now }),
  )
  each('follow', followed, ({ record, position }) => book.restoreReleased(record, position, now))
  each('own', open, ({ position, generation }) => book.own(position, { generation, now }))
  each('own', exits, ({ record, position }) =>
    book.own(position, { generation: record.generation, now }),
  )
  // What comes to a holding after the exit whose evidence it is counts as new in it.
  each('restore', exits, ({ record, position }) => book.exits.restore(record, { position, now }))
  each('net of', kept, ({ record, position }) => nets.table.restore(record, position, now))
  const { killSwitch, isUnconfirmed } = past
  const noted = { noted: new WeakSet<ExitRecord>(), notedNets: new WeakSet<NetRecord>() }
  return { book, parts, killSwitch, isUnconfirmed, nets, ...noted }
}
