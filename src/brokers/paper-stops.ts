import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'

/** Whether a price triggers a stop: a long is sold at it or below, a short bought back at it or above. */
export const isMet = ({ side, trigger }: StopOrder, price: number): boolean =>
  side === 'long' ? price <= trigger.price : price >= trigger.price

/** The resting stops of an account by instrument, so that a tick reads no disk. Changes itself. */
export class RestingStops {
  private readonly byInstrument = new Map<InstrumentId, Map<ClientOrderId, StopOrder>>()

  /** A stop rests from now on, or has another trigger. */
  set(order: StopOrder): void {
    const { instrument, clientOrderId } = order
    const all = this.byInstrument.get(instrument) ?? new Map<ClientOrderId, StopOrder>()
    all.set(clientOrderId, order)
    this.byInstrument.set(instrument, all)
  }

  delete(id: ClientOrderId): void {
    for (const all of this.byInstrument.values()) all.delete(id)
  }

  /** The stops of an instrument that its last price triggers. */
  due(
    instrument: InstrumentId,
    priceOf: (order: ExitOrder) => number | undefined,
  ): readonly ClientOrderId[] {
    const all = this.byInstrument.get(instrument)
    if (all === undefined) return []
    return [...all].flatMap(([id, order]) => {
      const price = priceOf(order)
      return price !== undefined && isMet(order, price) ? [id] : []
    })
  }
}
