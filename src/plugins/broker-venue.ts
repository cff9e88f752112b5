import type { InstrumentId } from '../domain/ids.ts'
import type { Side } from '../domain/position.ts'
import type { Broker, HoldingKey } from '../ports/broker.ts'

/** A broker, and what a test may do behind its back. */
export interface BrokerAtVenue {
  readonly broker: Broker
  /** Puts a new holding of units > 0 into the account; gives the name to ask for it by. */
  deposit(instrument: InstrumentId, side: Side, quantity: number): Promise<HoldingKey>
  /** Sets the last price; an order for an instrument that never had one works. */
  price(instrument: InstrumentId, price: number): Promise<unknown>
  /** Every fill that there has really been, units > 0. */
  fills(): Promise<readonly { readonly clientOrderId: string; readonly quantity: number }[]>
  close(): Promise<void>
}
