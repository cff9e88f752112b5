import { join } from 'node:path'
import { sum } from '../../src/domain/decimal.ts'
import { REST, type Protocol } from '../support/broker-server/routes.ts'
import type { Fault, Harm, Route, SettingsChange } from '../support/broker-server/script.ts'
import { BrokerServer } from '../support/broker-server/server.ts'

const PRICED_MS = 100

/** An account at a hostile broker, the traders who use it, and the ledger that judges. */
export class Account {
  protected readonly broker: BrokerServer
  private readonly market: NodeJS.Timeout
  private readonly prices = new Map<string, number>()

  /** `protocol`: how the broker takes requests; default: the REST protocol. */
  constructor(folder: string, settings: SettingsChange, protocol: Protocol = REST) {
    this.broker = new BrokerServer({ folder: join(folder, 'broker'), settings, protocol })
    // A market without price changes still trades.
    this.market = setInterval(() => {
      for (const [instrument, price] of this.prices) this.broker.venue.price(instrument, price)
    }, PRICED_MS)
  }

  /** A purchase by hand, or a sale where the quantity is below zero. */
  trade(quantity: number, instrument = 'ACME'): void {
    if (!this.prices.has(instrument)) this.price(100, instrument)
    this.broker.venue.hand({ instrument, quantity })
  }

  price(price: number, instrument = 'ACME'): void {
    this.prices.set(instrument, price)
    this.broker.venue.price(instrument, price)
  }

  /** From now on prices keep their present time. */
  freeze(): void {
    clearInterval(this.market)
  }

  harm(on: Route, harm: Harm, but: Omit<Fault, 'on' | 'harm'> = {}): void {
    void this.broker.run({ faults: [{ on, harm, ...but }] })
  }

  /** Ends every fault that is still scheduled. */
  calm(): void {
    void this.broker.run({ clear: true })
  }

  change(settings: SettingsChange): void {
    void this.broker.run({ set: settings })
  }

  /** Units of an instrument that are held, below zero for a short. */
  held(instrument = 'ACME'): number {
    const all = this.broker.venue.book.holdings()
    return all.find(each => each.instrument === instrument)?.quantity ?? 0
  }

  /** Units that orders of the service have executed. */
  executed(instrument = 'ACME'): number {
    const fills = this.broker.venue.book.fills.filter(each => each.instrument === instrument)
    return fills.map(({ quantity }) => quantity).reduce(sum, 0)
  }

  /** Requests of one kind so far. */
  asked(route: Route): number {
    return this.broker.seen.filter(each => each.route === route).length
  }

  protected endMarket(): void {
    this.freeze()
    this.broker.close()
  }
}
