import { send, type ActorSystem, type Down, type Ref } from '../actors/actor.ts'
import type { GatewayDeps } from '../actors/gateway-deps.ts'
import { noticed } from '../actors/gateway-notices.ts'
import { GatewayRecovery } from '../actors/gateway-recovery.ts'
import { gatewayState } from '../actors/gateway-state.ts'
import { gateway } from '../actors/gateway.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import { viewOf } from '../domain/tick.ts'
import { AccountBook } from '../exits/account-book.ts'
import { isAloneInHolding, isWholeSince } from '../exits/neighbours.ts'
import { EXIT_DEFAULTS, proofMs } from '../exits/settings.ts'
import { NetBook } from '../nets/net-book.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { Leaving } from '../ports/sender.ts'
import type { ExitVenue, GatewayOptions } from './options.ts'

export interface GatewayFactoryDeps extends GatewayOptions {
  readonly actors: ActorSystem
  readonly broker: ExitVenue
  readonly quotes: Quotes
  readonly supervisor: GatewayDeps['supervisor']
  readonly toReconciler: GatewayDeps['toReconciler']
}

/** What one incarnation of the gateway writes. */
interface Books {
  readonly book: AccountBook
  readonly nets: NetBook
}

/**
 * Starts each incarnation of the gateway from the stored state. The result of a call goes to the incarnation that
 * made the call; where that has ended, the result changes nothing.
 */
export class GatewayFactory {
  /** While the present incarnation recovers, the books of the one before; undefined before the first start. */
  private shown: Books | undefined
  /** The book of the present incarnation. */
  private present: AccountBook | undefined
  private recovery: GatewayRecovery | undefined
  private readonly parts: GatewayFactoryDeps

  constructor(parts: GatewayFactoryDeps) {
    this.parts = parts
  }

  /** Exits and holdings of the account; the incarnation of the gateway that they belong to writes them. */
  get book(): AccountBook {
    return this.books.book
  }

  /** Nets of the account, of the same incarnation. */
  get nets(): NetBook {
    return this.books.nets
  }

  private get books(): Books {
    if (this.shown === undefined) throw new Error('the gateway has not started yet')
    return this.shown
  }

  start(epoch: number, onDown: (down: Down) => void): Ref<GatewayMessage> {
    const { actors, kept, ...rest } = this.parts
    const parts: GatewayDeps = {
      ...rest,
      leaving: order => this.leavingOf(order, book),
      leavingNet: order => this.leavingOfNet(order, { book, nets }),
      self: message => send(ref, message),
      track: call => actors.track(call),
    }
    const book: AccountBook = this.newBook(parts)
    const nets: NetBook = this.newNets(parts, book)
    const show = (): void => void (this.shown = { book, nets })
    const past = kept()
    const recovery = new GatewayRecovery(past, { book, nets, now: parts.now(), over: show })
    const ref: Ref<GatewayMessage> = actors.spawn({
      name: 'gateway',
      epoch,
      onDown,
      initialState: gatewayState(parts, past, { book, nets, recovery }),
      handle: gateway,
    })
    this.present = book
    this.recovery = recovery
    // Before the first start has recovered there is nothing else to show.
    if (this.shown === undefined) show()
    if (!recovery.isOver) parts.self({ kind: 'recover' })
    return ref
  }

  /** The present incarnation has not recovered every row yet. */
  get isRecovering(): boolean {
    return this.recovery?.isOver === false
  }

  /** Whether an order may leave: not after the incarnation that planned it, nor while a second guard has orders. */
  private leavingOf(order: ExitOrder, book: AccountBook): Leaving {
    const { now } = this.parts
    const { departures } = book.exits
    const isOpen = (): boolean => this.present === book && book.late.secondGuardOrders.length === 0
    // The call desk asks in its turn for one order after another: what throws for one delays no other.
    const alone = (what: string, may: () => boolean): boolean =>
      book.faults.alone(`${what} of ${order.positionId}`, may, false)
    return {
      isWanted: () => alone('place in the queue', () => isOpen() && departures.isWanted(order)),
      isReady: isPaced =>
        alone('turn', () => isOpen() && departures.isReady(order, { now: now(), isPaced })),
      left: () => departures.left(order, now()),
    }
  }

  private leavingOfNet(order: StopOrder, { book, nets }: Books) {
    const { now } = this.parts
    const isWanted = (): boolean =>
      this.present === book && book.late.secondGuardOrders.length === 0 && nets.isWanted(order)
    return {
      isWanted,
      isReady: isWanted,
      left: () => {
        nets.happened({ kind: 'sent', id: order.clientOrderId, at: now() })
        return order
      },
    }
  }

  private newNets(parts: GatewayDeps, book: AccountBook): NetBook {
    const { quotes, instruments = new InstrumentTable() } = this.parts
    const { settings, faults } = book
    const apartMs = proofMs(settings.capabilities)
    const nets = new NetBook({
      settings,
      faults,
      specOf: instrument => instruments.of(instrument),
      priceOf: ({ instrument, side, priceSource }) =>
        quotes.price(instrument, viewOf(side, priceSource)),
      notify: notice => {
        const id = 'positionId' in notice ? notice.positionId : undefined
        parts.journal(notice, id && book.holdings.current(id)?.generation)
      },
      account: {
        generationOf: id => book.holdings.current(id)?.generation,
        unitsOf: id => book.unitsOf(id),
        exitOf: id => book.exits.record(id),
        isExitDurable: id => book.exits.isIntended(id),
        asksForNone: key => parts.nets?.asksForNone(key) === true,
        keyOf: position => book.holdings.holdingOf(position),
        lacks: key => book.holdings.lacks(key),
        isAlone: id => isAloneInHolding(book.holdings, id),
        isWholeSince: (id, since) => isWholeSince(book.holdings, id, { since, apartMs }),
      },
    })
    book.nets = nets.table
    return nets
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
