import type { PositionId } from '../domain/ids.ts'
import type { ExitRecord } from './record.ts'

/** Which exit an order of ours belongs to: the present one, and the last ones before it. Changes itself. */
export class OrderOwners {
  private readonly owners = new Map<string, PositionId>()

  /** Undefined where it is no order of an exit that is followed. */
  of(clientOrderId: string): PositionId | undefined {
    return this.owners.get(clientOrderId)
  }

  add(record: ExitRecord): void {
    for (const orderId of orderIdsOf(record)) this.owners.set(orderId, record.positionId)
  }

  remove(record: ExitRecord): void {
    for (const orderId of orderIdsOf(record)) this.owners.delete(orderId)
  }

  /** An exit has another record: a new attempt has an order of its own. */
  replace(before: ExitRecord, after: ExitRecord): void {
    if (after.order.clientOrderId === before.order.clientOrderId) return
    this.remove(before)
    this.add(after)
  }
}

const orderIdsOf = ({ order, pastOrders }: ExitRecord): readonly string[] => [
  ...pastOrders.map(({ clientOrderId }) => clientOrderId),
  order.clientOrderId,
]
