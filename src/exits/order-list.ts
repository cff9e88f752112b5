import type { ClientOrderId, OrderState } from '../domain/order.ts'
import type { EndedOrders } from './ended-orders.ts'
import type { ExitTable } from './exit-table.ts'
import type { Faults } from './faults.ts'
import type { Notice } from './notices.ts'
import { reservedBy, type Listed } from './noticing.ts'
import type { ExitRecord } from './record.ts'
import type { ReleasedExits } from './released.ts'

interface Listing {
  readonly exits: ExitTable
  readonly released: ReleasedExits
  readonly late: EndedOrders
  readonly faults: Faults
  notify(notice: Notice): void
}

/** Takes the list of all working orders of the account, asked for at `askedAt`. Times are epoch ms. */
export function takeOrderList(
  { exits, released, late, faults, notify }: Listing,
  orders: readonly Listed[],
  { askedAt, now }: { askedAt: number; now: number },
): void {
  const open = new Set(orders.map(({ clientOrderId }) => clientOrderId))
  const isOurs = (id: string | null): boolean => id !== null && exits.owner(id) !== undefined
  const others = orders.filter(({ clientOrderId }) => !isOurs(clientOrderId))
  const followed = released.all()
  const records = [...exits.records()]
  const ours = [...records, ...followed.map(({ record }) => record)]
  for (const clientOrderId of late.listed(open, ours, { askedAt, now })) {
    notify({ kind: 'second-guard', clientOrderId })
  }
  for (const order of followed) {
    const { clientOrderId: id } = order.record.order
    if (open.has(id)) continue
    faults.alone(
      `list for ${order.name}`,
      () => released.happened(order, { kind: 'not-listed', id, askedAt, at: now }),
      undefined,
    )
  }
  for (const record of records) {
    const take = (): void => {
      listedPast(exits, record, { open, askedAt, at: now })
      listedPresent(exits, record, { open, askedAt, at: now })
      const reserved = reservedBy(record, others)
      if (reserved !== undefined) notify(reserved)
    }
    faults.alone(`list for ${record.positionId}`, take, undefined)
  }
}

/** The working orders of a list, and when it was asked for and taken, epoch ms. */
interface Asked {
  readonly open: ReadonlySet<string | null>
  readonly askedAt: number
  readonly at: number
}

/** What the list says of an exit's present order. One whose answer was lost exists where it is listed. */
function listedPresent(exits: ExitTable, record: ExitRecord, { open, ...asked }: Asked): void {
  const { positionId, order, executed, state, exists } = record
  const { clientOrderId: id } = order
  if (!open.has(id)) exits.happened(positionId, { kind: 'not-listed', id, ...asked })
  else if (state.kind === 'unknown' && !exists) {
    const shown: OrderState = { kind: 'working', executed }
    exits.happened(positionId, { kind: 'seen', id, order: shown, by: 'stream', ...asked })
  }
}

/** What the list says of the orders of an exit's earlier attempts. */
function listedPast(
  exits: ExitTable,
  { positionId, pastOrders }: ExitRecord,
  { open, ...asked }: Asked,
): void {
  for (const { clientOrderId, executed, isWorking = false, isNet } of pastOrders) {
    if (isNet === true) continue
    const isListed = open.has(clientOrderId)
    if (isListed === isWorking) continue
    const id = clientOrderId as ClientOrderId
    const order: OrderState = isListed ? { kind: 'working', executed } : { kind: 'absent' }
    exits.happened(positionId, { kind: 'seen', id, order, by: 'stream', ...asked })
  }
}
