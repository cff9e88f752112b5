import type { Holding } from '../domain/holding.ts'
import { callsOf, type BrokerLayer } from '../ports/broker-layer.ts'
import type { Broker, OpenOrder } from '../ports/broker.ts'

/** An answer of the broker, and when it was asked for. */
export interface Kept<Answer> {
  readonly answer: Answer
  /** Ms, by the clock of `LastAnswers`. */
  readonly askedAt: number
}

/**
 * The last list of holdings and the last list of working orders from the broker: commands and API are answered from
 * them without a call to the broker. Only the last answer of each is stored.
 */
export class LastAnswers {
  private readonly now: () => number
  private lastHoldings: Kept<readonly Holding[]> | undefined
  private lastOrders: Kept<readonly OpenOrder[]> | undefined

  /** `now` in ms. */
  constructor(now: () => number) {
    this.now = now
  }

  /** Undefined before the first answer. */
  get holdings(): Kept<readonly Holding[]> | undefined {
    return this.lastHoldings
  }

  /** Undefined before the first answer, and where the broker lists no working orders. */
  get orders(): Kept<readonly OpenOrder[]> | undefined {
    return this.lastOrders
  }

  /** Keeps the answers of a broker; a failure leaves the last answer as it is. */
  readonly layer: BrokerLayer = next => ({ ...callsOf(next), ...this.listsOf(next) })

  /** The lists of a broker, kept as they are answered. */
  listsOf(next: Pick<Broker, 'holdings' | 'openOrders'>): Pick<Broker, 'holdings' | 'openOrders'> {
    const { openOrders } = next
    return {
      holdings: async signal => {
        const askedAt = this.now()
        const answer = await next.holdings(signal)
        this.lastHoldings = { answer, askedAt }
        return answer
      },
      ...(openOrders && {
        openOrders: async (signal: AbortSignal) => {
          const askedAt = this.now()
          const answer = await openOrders.call(next, signal)
          this.lastOrders = { answer, askedAt }
          return answer
        },
      }),
    }
  }
}
