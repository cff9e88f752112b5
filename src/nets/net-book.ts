import type { GenerationKey, PositionId } from '../domain/ids.ts'
import type { ClientOrderId } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { Allowed } from '../exits/circumstances.ts'
import type { ExitEvent } from '../exits/events.ts'
import type { Listed } from '../exits/noticing.ts'
import { bookedOf } from '../exits/past-orders.ts'
import type { ExitRecord, PastOrder } from '../exits/record.ts'
import { proofMs } from '../exits/settings.ts'
import type { NetView } from './aim.ts'
import { pastOrderOf, bookLate, feed, isUnwantedBy } from './beside-exit.ts'
import { callsOf } from './due.ts'
import { NetListing } from './listing.ts'
import { NetMaking } from './making.ts'
import { NetTable } from './net-table.ts'
import type { NetHeld } from './notices.ts'
import { noticesOf } from './noticing.ts'
import type { NetBookOptions } from './options.ts'
import { netInLots } from './reading.ts'
import type { NetRecord } from './record.ts'
import type { NetCall, TrackedNet } from './tracked-net.ts'
import { followNet, type NetEvent } from './transitions.ts'
import { isMet } from './trigger.ts'

/** Wait after an order that the venue has ended or refused, ms; it doubles with each refusal. */
const RETRY_MS = 60_000
/** Both waits double up to this power of two. */
const MOST_DOUBLINGS = 6
/** Wait before a change of a trigger that had no effect is repeated, ms; it doubles each time. */
const AMEND_RETRY_MS = 5_000

/**
 * The nets of an account: stop orders at the venue behind the own stops of positions. What a net executes is the exit
 * of its position. The book has no clock and makes no call: `takeDue` names the calls, events bring their results. Mutable.
 */
export class NetBook {
  readonly table: NetTable
  private readonly options: NetBookOptions
  private readonly making: NetMaking
  private readonly listing: NetListing
  private forgotten: GenerationKey[] = []

  constructor(options: NetBookOptions) {
    this.options = options
    const happened = (event: NetEvent): void => this.happened(event)
    this.table = new NetTable(options)
    this.making = new NetMaking(this.table, happened)
    this.listing = new NetListing(this.table, happened)
  }

  /** Orders in the format of nets that belong to no position of this store, by the last list. */
  get orphans(): readonly string[] {
    return this.listing.orphans
  }

  /** Positions that ask for a net and have none, and why. */
  get without(): ReadonlyMap<PositionId, NetHeld> {
    return this.making.without
  }

  /** A new cycle: makes a net for each position whose rules ask for one, and marks all others to be cancelled. */
  cycle(views: Iterable<NetView>, allowed: Allowed): void {
    const { faults } = this.options
    for (const view of views) {
      faults.alone(`net of ${view.position.id}`, () => this.making.aim(view, allowed), undefined)
    }
    for (const net of this.table.all()) {
      net.cycle()
      const review = (): void => this.review(net, allowed.now)
      faults.alone(`net of ${net.record.positionId}`, review, undefined)
    }
  }

  /** Applies to a net what has become due by time or by the exit of its position. */
  review(net: TrackedNet, now: number): void {
    const { account } = this.options
    const { record } = net
    const { positionId } = record
    const isOpen = this.table.isOpen(record)
    const exit = isOpen ? account.exitOf(positionId) : undefined
    if (exit !== undefined) {
      net.exitBooked = bookedOf(exit).quantity
      if (isUnwantedBy(this.table, exit, net)) net.unwant('exit', now)
    } else if (!isOpen || account.asksForNone(record)) {
      net.unwant('no-position', now)
    }
    if (net.unwanted !== undefined) this.happened({ kind: 'dropped', id: net.id, at: now })
    if (net.isOver) {
      if (!isOpen) this.forget(net)
      return
    }
    if (this.isLost(net, isOpen)) this.happened({ kind: 'lost', id: net.id, at: now })
    else this.reportUnproved(net, now)
  }

  private reportUnproved(net: TrackedNet, now: number): void {
    const forMs = now - net.unwantedSince
    if (!net.isLive || forMs < this.options.settings.loudAfterMs) return
    const isNewlyWaived = net.unwanted === 'exit' && !net.isWaived && this.mayWaive(net)
    if (isNewlyWaived) net.isWaived = true
    if (net.isUnprovedReported && !isNewlyWaived) return
    net.isUnprovedReported = true
    const { id: clientOrderId, isWaived } = net
    const { positionId } = net.record
    this.options.notify({ kind: 'net-unproved', positionId, clientOrderId, forMs, isWaived })
  }

  /**
   * Whether an exit may go on beside a net whose end is not proved: the venue bounds both orders by a holding that is
   * the position's alone, and two reports of it after the cancel show that the net has executed nothing.
   */
  private mayWaive({ record, cancelledAt }: TrackedNet): boolean {
    const { account, settings } = this.options
    const { capabilities } = settings
    const isBound = capabilities.reduceOnly && record.order.reduceOnly
    if (!isBound || !account.isAlone(record.positionId)) return false
    return account.isWholeSince(record.positionId, cancelledAt + proofMs(capabilities))
  }

  /**
   * Whether the list of working orders and the holding show that an order is over: one that the venue finds no more, or
   * one that was cancelled for an exit and whose cancel has no answer.
   */
  private isLost(net: TrackedNet, isOpen: boolean): boolean {
    const { account, settings } = this.options
    const { record, notListedAt, absentAgainAt } = net
    const { state } = record
    const absentAt = state.kind === 'unknown' ? state.absentAt : undefined
    const isCancelled = net.unwanted === 'exit' && settings.listsOrders
    const from = absentAt ?? (isCancelled ? net.cancelledAt : Infinity)
    const since = from + proofMs(settings.capabilities)
    if (!net.isLive || (settings.listsOrders ? notListedAt : absentAgainAt) < since) return false
    return !isOpen || account.isWholeSince(record.positionId, since)
  }

  private forget(net: TrackedNet): void {
    const { positionId, generation } = net.record
    this.table.delete(net)
    this.making.forget(positionId)
    this.forgotten.push({ positionId, generation })
  }

  /** Takes the nets whose rows the store may delete; each is returned once. */
  takeForgotten(): readonly GenerationKey[] {
    const { forgotten } = this
    this.forgotten = []
    return forgotten
  }

  /** Takes the calls that a net needs now: each counts as in flight from then on. */
  takeDue(net: TrackedNet, allowed: Allowed): readonly NetCall[] {
    const { capabilities, listsOrders } = this.options.settings
    const { position, record } = net
    if (net.isOver) return []
    const price = this.options.priceOf(position)
    const calls = callsOf(net, {
      ...allowed,
      visibilityMs: capabilities.visibilityMs,
      canAmend: capabilities.restingStop?.amend === true,
      listsOrders,
      isLacking: this.options.account.lacks(net.key),
      isMet: price !== undefined && isMet(position.side, record.order.trigger, price),
    })
    const begun = net.begin(calls)
    if (begun.includes('send')) this.happened({ kind: 'queued', id: net.id, at: allowed.now })
    if (begun.includes('cancel') && net.cancelledAt === Infinity) net.cancelledAt = allowed.now
    if (begun.includes('amend')) {
      net.amendAt = allowed.now + AMEND_RETRY_MS * 2 ** Math.min(MOST_DOUBLINGS, net.vainAmends)
      net.vainAmends++
    }
    return begun
  }

  /** Whether an order that waits for its turn is still to be sent. */
  isWanted({ clientOrderId }: { readonly clientOrderId: ClientOrderId }): boolean {
    const net = this.table.owner(clientOrderId)
    return net?.record.state.kind === 'queued' && net.unwanted === undefined
  }

  /** A call for a net has ended; `event` says what was learned by it. */
  ended({ id, call }: { id: ClientOrderId; call: NetCall }, event: NetEvent | undefined): void {
    this.table.owner(id)?.end(call)
    if (event !== undefined) this.happened(event)
  }

  /** A net was written to the store as it was in `saved`. */
  recorded(saved: NetRecord, now: number): void {
    const { clientOrderId: id } = saved.order
    const net = this.table.owner(id)
    if (net === undefined) return
    net.end('save')
    net.saved = saved
    this.happened({ kind: 'recorded', id, at: now })
  }

  /** Takes an event of a net. */
  happened(event: NetEvent): void {
    const net = this.table.owner(event.id)
    if (net === undefined) return
    const before = net.record
    const { capabilities } = this.options.settings
    const { lot } = this.options.specOf(net.position.instrument)
    // A list has no executed quantity.
    if (event.kind === 'seen' && event.by !== 'list') net.answered(event, proofMs(capabilities))
    if (event.kind === 'amended') net.amended(event)
    const record = followNet(before, netInLots(event, lot), capabilities)
    if (record === before) return
    net.record = record
    if (before.state.kind !== 'over' && record.state.kind === 'over') afterEnd(net, event.at)
    for (const notice of noticesOf(before, record, net.rejections)) this.options.notify(notice)
    if (!this.table.isOpen(record)) bookLate(this.table, net)
  }

  /** Takes the list of all working orders of the account, asked for at `askedAt` (epoch ms). */
  listed(
    orders: readonly Listed[],
    asked: { askedAt: number; now: number; open: Iterable<NetView> },
  ): void {
    this.listing.take(orders, asked)
  }

  /**
   * Drops the net of a position that gets an exit. Gives it as a past order that may still execute; undefined where none
   * is at the venue.
   */
  dropForExit(key: GenerationKey, now: number): PastOrder | undefined {
    const net = this.table.of(key)
    if (net === undefined) return undefined
    this.happened({ kind: 'dropped', id: net.id, at: now })
    return pastOrderOf(this.table, net)
  }

  /** The next event about its net for the exit of a position; undefined: nothing new. */
  feed(exit: ExitRecord, position: Position, now: number): ExitEvent | undefined {
    return feed(this.table, exit, { position, now })
  }
}

/** Notes the end of an order: when the next one may be made. */
function afterEnd(net: TrackedNet, at: number): void {
  const { state } = net.record
  const isRefused = state.kind === 'over' && state.by === 'rejected'
  const isReplaced = net.unwanted === 'replaced' && !isRefused
  net.rejections = isRefused ? net.rejections + 1 : 0
  const doublings = Math.min(MOST_DOUBLINGS, Math.max(0, net.rejections - 1))
  net.retryAt = isReplaced ? at : at + RETRY_MS * 2 ** doublings
  net.unwanted = undefined
  net.unwantedSince = Infinity
}
