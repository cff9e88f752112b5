import { send, type ActorSystem, type Down, type Ref } from '../actors/actor.ts'
import type { GatewayDeps } from '../actors/gateway-calls.ts'
import { noticed } from '../actors/gateway-notices.ts'
import { gatewayState } from '../actors/gateway-state.ts'
import { gateway } from '../actors/gateway.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { ExitOrder } from '../domain/order.ts'
import { viewOf } from '../domain/tick.ts'
import { AccountBook } from '../exits/account-book.ts'
import { EXIT_DEFAULTS } from '../exits/settings.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { Leaving } from '../ports/sender.ts'
import type { ExitVenue, GatewayOptions } from './options.ts'

export interface GatewayFactoryDeps extends GatewayOptions {
  readonly actors: ActorSystem
  readonly broker: ExitVenue
  readonly quotes: Quotes
  readonly supervisor: GatewayDeps['supervisor']
  readonly ask: GatewayDeps['ask']
}

/**
 * Starts the incarnations of the gateway, each from what is kept. What a call of an earlier one
 * brings back goes to that one, which is not there any more: late results change nothing.
 */
export class GatewayFactory {
  /** What the present incarnation knows; it alone writes it. */
  book!: AccountBook
  private readonly parts: GatewayFactoryDeps

  constructor(parts: GatewayFactoryDeps) {
    this.parts = parts
  }

  start(epoch: number, onDown: (down: Down) => void): Ref<GatewayMessage> {
    const { actors, kept, ...rest } = this.parts
    const parts: GatewayDeps = {
      ...rest,
      leaving: order => this.leavingOf(order, book),
      self: message => send(ref, message),
      track: call => actors.track(call),
    }
    const book: AccountBook = this.newBook(parts)
    const ref: Ref<GatewayMessage> = actors.spawn({
      name: 'gateway',
      epoch,
      onDown,
      initialState: gatewayState(book, parts, kept()),
      handle: gateway,
    })
    this.book = book
    return ref
  }

  /** How an order leaves; after the incarnation that planned it has ended, it does not. */
  private leavingOf(order: ExitOrder, book: AccountBook): Leaving {
    const { now } = this.parts
    const isOpen = (): boolean => this.book === book && book.strangers.length === 0
    return {
      isWanted: () => isOpen() && book.exits.isWanted(order),
      mayLeave: isPaced => isOpen() && book.exits.mayLeave(order, { now: now(), isPaced }),
      left: () => book.exits.left(order, now()),
    }
  }

  private newBook(parts: GatewayDeps): AccountBook {
    const {
      broker,
      quotes,
      exits,
      storeId = '',
      instruments = new InstrumentTable(),
      adopt,
    } = this.parts
    const book: AccountBook = new AccountBook({
      settings: {
        ...EXIT_DEFAULTS,
        ...exits,
        capabilities: broker.capabilities,
        listsOrders: broker.openOrders !== undefined,
        storeId,
      },
      adopt: adopt ?? 'alert',
      specOf: instrument => instruments.of(instrument),
      priceOf: ({ instrument, side, priceSource }) =>
        quotes.price(instrument, viewOf(side, priceSource)),
      notify: notice => {
        const closed = noticed(parts, book, notice)
        if (closed !== undefined) book.close(closed, parts.now())
      },
    })
    return book
  }
}
