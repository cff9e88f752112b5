import { isNetId } from '../domain/resting-stop.ts'
import { isSame } from '../domain/units.ts'
import type { Listed } from '../exits/noticing.ts'
import { proofMs } from '../exits/settings.ts'
import { orderOf, type NetView } from './aim.ts'
import { netId } from './net-id.ts'
import type { NetTable } from './net-table.ts'
import { isLive, newNet, openOf } from './record.ts'
import type { TrackedNet } from './tracked-net.ts'
import type { NetEvent } from './transitions.ts'

/** Net ids of one position that are compared with an unknown order in the format of nets. */
const MOST_SOUGHT = 50
/** Most orphans that are reported and remembered. */
const MOST_ORPHANS = 100

/** Compares lists of working orders with the nets, and finds orphans: stops that belong to no position. Mutable. */
export class NetListing {
  private readonly table: NetTable
  private readonly happened: (event: NetEvent) => void
  private orphaned: readonly string[] = []

  constructor(table: NetTable, happened: (event: NetEvent) => void) {
    this.table = table
    this.happened = happened
  }

  /** Orders in the format of nets that belong to no position of this store, by the last list. */
  get orphans(): readonly string[] {
    return this.orphaned
  }

  /** Takes the list of all working orders of the account, asked for at `askedAt` (epoch ms). */
  take(
    orders: readonly Listed[],
    { askedAt, now, open }: { askedAt: number; now: number; open: Iterable<NetView> },
  ): void {
    const found = orders.filter(({ clientOrderId }) => isNetId(clientOrderId ?? ''))
    const isUnknown = ({ clientOrderId }: Listed): boolean =>
      this.table.owner(clientOrderId!) === undefined
    const unknown = found.filter(isUnknown)
    if (unknown.length > 0) this.seek(unknown, { now, open })
    const listed = new Map(found.map(each => [each.clientOrderId, each]))
    const { faults } = this.table.options
    for (const net of this.table.all()) {
      const take = (): void => this.compare(net, listed.get(net.id), { askedAt, now })
      faults.alone(`list for net of ${net.record.positionId}`, take, undefined)
    }
    this.report(found.filter(isUnknown))
  }

  /** Takes the row of one net; undefined: it was not listed. */
  private compare(
    net: TrackedNet,
    row: Listed | undefined,
    { askedAt, now }: { askedAt: number; now: number },
  ): void {
    const { record, id } = net
    if (row !== undefined) {
      const order = { kind: 'working', executed: record.executed } as const
      this.happened({ kind: 'seen', by: 'list', id, order, askedAt, at: now })
      const isChanged = !isSame(Math.abs(row.remaining), openOf(record))
      if (isChanged) net.changedAtVenueAt = askedAt
    } else if (isLive(record) && askedAt >= this.shownFrom(net)) {
      net.notListedAt = askedAt
    }
  }

  /** Time (epoch ms) from which a list must show the order, if it rests. */
  private shownFrom({ record: { state, at } }: TrackedNet): number {
    const since = 'since' in state ? state.since : at
    return since + proofMs(this.table.options.settings.capabilities)
  }

  /**
   * Finds the positions of nets that this store does not know, as the store may be older than the account. Ids follow
   * from the positions; triggers do not, so each such net is cancelled, and another one is made.
   */
  private seek(
    unknown: readonly Listed[],
    { now, open }: { now: number; open: Iterable<NetView> },
  ): void {
    const { capabilities, storeId } = this.table.options.settings
    const sought = new Map(unknown.map(each => [each.clientOrderId, each]))
    for (const view of open) {
      const { position, generation, net } = view
      const { id: positionId, account = '' } = position
      const known = this.table.of({ positionId, generation })
      if (known?.isOver === false) continue
      const first = (known?.record.n ?? 0) + 1
      for (let n = first; n < first + MOST_SOUGHT; n++) {
        const identity = { storeId, account, positionId, generation, n }
        const listed = sought.get(netId(identity, capabilities.clientOrderIdLength))
        if (listed === undefined) continue
        const price = view.stop() ?? position.entryPrice
        const trigger = { price, by: net.trigger ?? 'last' }
        const aim = { kind: 'rest', trigger, quantity: Math.abs(listed.remaining) } as const
        const order = orderOf(position, identity, { aim, capabilities })
        const record = { ...newNet(identity, order, now), exists: true }
        this.table.restore(record, position, now).unwant('replaced', now)
        break
      }
    }
  }

  private report(orphans: readonly Listed[]): void {
    const before = this.orphaned
    const known = orphans.slice(0, MOST_ORPHANS)
    this.orphaned = known.map(({ clientOrderId }) => clientOrderId!)
    for (const { clientOrderId, instrument, remaining } of known) {
      if (before.includes(clientOrderId!)) continue
      const orphan = { clientOrderId: clientOrderId!, instrument, remaining }
      this.table.options.notify({ kind: 'net-orphan', ...orphan })
    }
  }
}
