import { expect } from 'chai'
import type { HoldingKey, HoldingReport } from '../../../src/domain/holding.ts'
import { instrumentId, positionId, type PositionId } from '../../../src/domain/ids.ts'
import type { ExitOrder, OrderState } from '../../../src/domain/order.ts'
import type { Position } from '../../../src/domain/position.ts'
import type { Capabilities } from '../../../src/domain/venue.ts'
import { AccountBook } from '../../../src/exits/account-book.ts'
import { clientOrderId } from '../../../src/exits/client-order-id.ts'
import type { ExitEvent } from '../../../src/exits/events.ts'
import type { CallKind } from '../../../src/exits/exit-calls.ts'
import type { LateCall } from '../../../src/exits/late-orders.ts'
import type { Notice } from '../../../src/exits/notices.ts'
import { bookedOf, pastOrderToAsk } from '../../../src/exits/past-orders.ts'
import { hasSent, isAlive, type EndedExit, type ExitRecord } from '../../../src/exits/record.ts'
import {
  isHoldingEvidence,
  isUnprovable,
  proofMs,
  wayOf,
  type ExitSettings,
} from '../../../src/exits/settings.ts'
import { aDecision, aPosition } from '../builders.ts'
import { lieAbout } from './lies.ts'
import { ModelVenue, rejection } from './venue.ts'

const ACME = instrumentId('ACME')
const ATTEMPTS = 100
const MOST_POSITIONS = 6

/** Decides what happens where several things may; 0 is always the harmless choice. */
export type Dice = () => number

/** One generation of a position. */
interface ModelGeneration {
  readonly position: Position
  readonly generation: number
  /** Of every order that it may ever have. */
  readonly ids: ReadonlySet<string>
  isDecided: boolean
  isClosed: boolean
  /** Units of it that a person has sold, as far as the book knows. */
  lost: number
  /** The end of its exit, as the store keeps it. */
  exited?: EndedExit
}

interface Answer {
  readonly record: ExitRecord
  readonly call: CallKind
  readonly event: ExitEvent | undefined
  readonly saved?: ExitRecord
  readonly isWritten?: boolean
}

/** A guarded account: the real book, the model of a venue, a store, and the calls between them. */
export class GuardedAccount {
  readonly venue: ModelVenue
  readonly generations: ModelGeneration[] = []
  /**
   * A person sold while the holding was the evidence for an exit, which takes that sale for its
   * own.
   */
  private isSpoiled = false
  isLateArrivalFired = false
  /**
   * Others traded while the holding was the evidence, which cannot distinguish that from the exit's
   * order; or the proof that an order was sent by is no longer claimed.
   */
  isAmbiguous = false
  /** The venue has executed an order that it had rejected: only a report of it can help. */
  isPerjured = false
  /** The account has reported that nothing can prove the outcome of an order. */
  isUnprovedReported = false
  /** The account has reported that more was sold of its holding than was held. */
  private isOversoldReported = false
  private hasOthersTraded = false
  /** Only the holding proves the outcome of some order. */
  private isPurged = false
  private hasCrashed = false
  private isLying = false
  private isPerjury = false
  /** No order may be sent. */
  isHalted = false
  /** The venue has executed an order after its end, which it shows. */
  private isLateFilled = false
  /** A person has traded while an exit was under way: what belonged to no position then is not known. */
  private hasTradedBeside = false
  private hasDiscarded = false
  /** Units that others have bought, and that no position names. */
  private others = 0
  private settings: ExitSettings
  private book: AccountBook
  private readonly stored = new Map<PositionId, ExitRecord>()
  private answers: Answer[] = []
  /** Orders that wait to be sent. */
  private lane: ExitRecord[] = []
  private readonly makeBook: MakeBook

  constructor(
    capabilities: Capabilities,
    quantities: readonly number[],
    {
      listsOrders = true,
      drifts = false,
      maxRetryMs = 40,
      maxQuantity = Infinity,
      market = PLAIN_MARKET,
      makeBook = plainBook,
    }: {
      listsOrders?: boolean
      drifts?: boolean
      maxRetryMs?: number
      maxQuantity?: number
      market?: Market
      makeBook?: MakeBook
    } = {},
  ) {
    this.venue = new ModelVenue(capabilities, { drifts, maxQuantity, price: market.atVenue })
    this.market = market
    this.settings = {
      capabilities,
      listsOrders,
      style: market.style ?? { kind: 'market' },
      workingMs: 40,
      retryMs: Math.min(5, maxRetryMs),
      maxRetryMs,
      closedMarketRetryMs: 15,
      loudAfter: 3,
      loudAfterMs: 200,
      storeId: '',
      holdingFreshMs: 5,
      actWithinMs: 20,
    }
    this.makeBook = makeBook
    this.maxQuantity = maxQuantity
    // What was held beside an order is not noted where a look-up was to prove it, and then it is forgotten.
    this.isAmbiguous = capabilities.lookupKeeps !== undefined
    this.book = this.open()
    quantities.forEach((quantity, index) => this.enter(`p${index}`, quantity, 1))
  }

  private readonly market: Market

  /** The holding of the positions, by what the venue separates holdings. */
  private get key(): HoldingKey {
    const { holdings, products } = this.settings.capabilities
    const side = holdings === 'sides' ? ({ side: 'long' } as const) : {}
    return { instrument: ACME, ...side, ...(products === true && { product: 'margin' }) }
  }

  /** Another holding of the same instrument, which no position and no order is about; undefined: none. */
  private get besideKey(): HoldingKey | undefined {
    const { key } = this
    if (key.side !== undefined) return { ...key, side: 'short' }
    return key.product === undefined ? undefined : { ...key, product: 'delivery' }
  }

  /** Largest quantity of one order. */
  private readonly maxQuantity: number
  /** By how much the clock of this process differs from the venue's, ms. */
  private skewMs = 100 * 3_600_000

  /** The time of this process, epoch ms: it never jumps while the process runs. */
  get now(): number {
    return this.venue.now + this.skewMs
  }

  /** The process is killed, and the wall clock was set when the next one starts. */
  stepClock(ms: number, roll: Dice): void {
    this.skewMs += ms
    this.crash(roll)
  }

  /** What the configuration claims that the venue can prove. */
  get claims(): Capabilities {
    const { capabilities } = this.settings
    // What a look-up proves has an end: from then on only the holding does.
    return capabilities.lookupKeeps === undefined
      ? capabilities
      : { ...capabilities, lookup: 'none' }
  }

  get present(): ModelGeneration[] {
    return this.generations.filter(({ isClosed }) => !isClosed)
  }

  /** Whether a person who trades now cannot collide with an order of the account. */
  get isCalm(): boolean {
    const { dedupe, lookup } = this.claims
    // After a crash such a venue cannot distinguish its own sale from a person's.
    const isBlind = dedupe === 'always' && lookup !== 'complete'
    return (
      this.venue.isQuiet &&
      this.answers.length === 0 &&
      [...this.book.exits.records()].every(record => !isBlind && !isAlive(record))
    )
  }

  /** Whether a purchase now cannot spoil the evidence for an exit. */
  get mayEnter(): boolean {
    const isUnderWay = this.present.some(({ isDecided }) => isDecided)
    return this.venue.isQuiet && !(isHoldingEvidence(this.claims) && isUnderWay)
  }

  enter(id: string, quantity: number, generation: number): void {
    this.venue.trade(quantity)
    this.own(id, quantity, generation)
  }

  /** Units that no position names get a name: a person posts them, or the service adopts them. */
  adopt(quantity: number): void {
    const units = Math.min(quantity, this.others)
    if (units === 0 || this.present.length >= MOST_POSITIONS) return
    this.others -= units
    if (this.hasOthersTraded) this.isAmbiguous = true
    this.own(`a${this.generations.length}`, units, 1)
  }

  private own(id: string, quantity: number, generation: number): void {
    const { product } = this.key
    const position = aPosition({
      id: positionId(id),
      quantity,
      openedAt: this.now,
      ...(product !== undefined && { product }),
    })
    const ids = idsOf(position, generation, this.settings)
    this.generations.push({ position, generation, ids, isDecided: false, isClosed: false, lost: 0 })
    this.book.own(position, { generation, now: this.now })
  }

  decide(entered: ModelGeneration): void {
    entered.isDecided = true
    const { position, generation } = entered
    const { now } = this
    this.book.exits.intend({
      decision: aDecision(position),
      position: leftOf(entered),
      generation,
      at: now,
    })
  }

  get hasQueue(): boolean {
    return this.lane.length > 0
  }

  /** Sends an order that has waited. */
  leave(roll: Dice): void {
    const [record] = this.lane.splice(roll() % Math.max(1, this.lane.length), 1)
    if (record === undefined) return
    const { order } = record
    const { now } = this
    const { exits } = this.book
    const isLeaving =
      !this.isHalted &&
      exits.departures.isWanted(order) &&
      exits.departures.isReady(order, { now, isPaced: false })
    const due = isLeaving ? exits.departures.left(order, now) : order
    const { clientOrderId: id } = order
    const event: ExitEvent = isLeaving
      ? this.send(this.byVenue(due), roll)
      : { kind: 'not-sent', id, code: 'NOT_SENT', at: now }
    this.answers.push({ record, call: 'send', event })
  }

  /** A person sells while orders wait; the book does not know, and time passes. */
  handSellUnseen(quantity: number): void {
    const isUnderWay = this.present.some(({ isDecided }) => isDecided)
    if (isUnderWay) this.hasTradedBeside = true
    if (isUnderWay && isHoldingEvidence(this.claims)) this.isSpoiled = true
    const sold = Math.min(quantity, Math.max(0, this.venue.held))
    this.venue.trade(-sold)
    this.others = Math.max(0, this.others - sold)
    const { capabilities, holdingFreshMs } = this.settings
    this.advance(capabilities.visibilityMs + holdingFreshMs + 1)
  }

  /** A person sells; where nothing else can help, no other trader does so in the same moment. */
  handSell(quantity: number): void {
    const { venue } = this
    const isUnderWay = this.present.some(({ isDecided }) => isDecided)
    const isSeen = isHoldingEvidence(this.claims)
    if (isUnderWay && isSeen) this.isSpoiled = this.isAmbiguous = true
    this.hasOthersTraded = true
    this.hasTradedBeside = true
    const isOfOthers = this.others > 0
    const sold = Math.min(quantity, Math.max(0, venue.held))
    venue.trade(-sold)
    this.others = Math.max(0, this.others - sold)
    if (isOfOthers && isSeen) this.advance(proofMs(venue.capabilities))
    if (this.claims.reduceOnly) return
    this.advance(venue.capabilities.visibilityMs)
    this.report({ lagMs: 0, isNamed: true, askedAt: this.now }, () => 0)
  }

  /** Something is bought at any time, and posted at once as a position of its own. */
  buyPosition(quantity: number): void {
    if (this.present.length >= MOST_POSITIONS) return
    if (this.hasOthersTraded) this.isAmbiguous = true
    this.enter(`q${this.generations.length}`, quantity, 1)
  }

  /** The next answer about an order is impossible. */
  lie(): void {
    this.isLying = true
  }

  /** The next order that is not sent is rejected, and executed all the same. */
  perjure(): void {
    this.isPerjury = true
  }

  /** The venue executes an order after its end, while no other order of that exit is at the venue. */
  fillLate(quantity: number): void {
    const { lookup, visibilityMs } = this.venue.capabilities
    const isFindable = lookup === 'complete' && this.claims.lookup === 'complete'
    if (!isFindable || visibilityMs > 0 || this.isPurged) return
    for (const { state, order } of this.book.exits.records()) {
      if (state.kind !== 'rejected' || this.isAnswerDue(order.clientOrderId)) continue
      if (this.venue.fillOver(order.clientOrderId, quantity)) {
        this.isLateFilled = true
        return
      }
    }
  }

  private isAnswerDue(id: string): boolean {
    return this.answers.some(({ record }) => record.order.clientOrderId === id)
  }

  /** The exchange refuses an order that the venue has accepted. */
  rejectLate(): void {
    if (this.venue.capabilities.lookup !== 'complete' || !this.venue.rejectLate()) return
    // Without a look-up only the answer to a cancel says so, which may speak of the cancel itself.
    if (this.claims.lookup !== 'complete') this.isAmbiguous = true
  }

  /** The list of working orders is out of date. */
  oldList(lagMs: number): void {
    const { now } = this
    if (this.settings.listsOrders) this.book.listed(this.venue.open(lagMs), { askedAt: now, now })
  }

  /** The venue forgets accepted orders that have ended, against its claims. */
  purge(): void {
    const isSpareKnown = this.claims.lookup === 'complete' && !this.hasTradedBeside
    if (this.isLateFilled || (this.hasOthersTraded && !isSpareKnown)) return
    for (const { exists, order } of this.book.exits.records()) {
      // That it was accepted is durable: a process that does not know it must believe what the venue claims.
      const isKept = this.stored.get(order.positionId)?.exists === true
      if (exists && isKept && this.venue.forget(order.clientOrderId))
        this.isPurged = this.isAmbiguous = true
    }
  }

  /** The venue answers by key, from a cache that states its age. */
  oldReport(ageMs: number): void {
    const report = this.venue.report(0, ageMs)
    const { now } = this
    this.book.reports.take(this.key, report, { askedAt: now, isNamed: true, now })
  }

  /** Others buy what no position names. */
  othersBuy(quantity: number): void {
    // A purchase that equals a sale in the same moment appears as neither.
    if (!this.settled() || this.isPurged) return
    this.others += quantity
    this.hasOthersTraded = true
    if (this.present.some(({ isDecided }) => isDecided)) this.hasTradedBeside = true
    this.venue.trade(quantity)
    // Where the holding is the evidence, no other trader trades in the same moment.
    if (isHoldingEvidence(this.claims)) {
      this.advance(proofMs(this.settings.capabilities))
    }
  }

  /** The venue pushes the state of an order, present or past. */
  push(roll: Dice): void {
    const news = this.venue.news(roll)
    const owner = news && this.book.exits.owner(news.id)
    if (news === undefined || owner === undefined) return
    const { now: at } = this
    this.book.exits.happened(owner, { kind: 'seen', ...news, by: 'stream', askedAt: at, at })
  }

  /** A person discards what was not sent yet: the positions begin new generations. */
  discard(): void {
    this.hasDiscarded = true
    for (const { positionId: id } of this.book.discard(this.now)) {
      const entered = this.lastOf(id)
      entered.isClosed = true
      this.stored.delete(id)
      const position = leftOf(entered)
      const generation = entered.generation + 1
      const ids = idsOf(position, generation, this.settings)
      this.generations.push({
        position,
        generation,
        ids,
        isDecided: false,
        isClosed: false,
        lost: 0,
      })
      this.book.own(position, { generation, now: this.now })
    }
  }

  /**
   * A monitor repeats its decision; the answer is in transit, or the position has closed by now.
   */
  repeat(entered: ModelGeneration): void {
    const { position, generation } = entered
    const { now } = this
    this.book.exits.intend({ decision: aDecision(position), position, generation, at: now })
  }

  advance(ms: number): void {
    this.venue.advance(ms)
  }

  /** One monitoring cycle: starts everything that is due. */
  cycle(roll: Dice): void {
    const { now } = this
    this.book.cycle(now)
    const isAsked = this.book.doubtful().length > 0
    for (const call of this.book.late.takeDue(now, !this.isHalted)) this.callLate(call)
    for (const id of this.book.exits.ids()) this.act(id, roll)
    if (isAsked || roll() % 4 === 1) this.ask(roll)
    if (this.settings.listsOrders && roll() % 3 === 0) this.list(roll)
    // The list of all holdings.
    if (roll() % 3 === 0) this.report({ lagMs: this.lag(roll), isNamed: false, askedAt: now }, roll)
  }

  /** Looks up, or cancels, an order of an exit that has ended. */
  private callLate({ kind: by, clientOrderId: id }: LateCall): void {
    const { now } = this
    const order = by === 'cancel' ? this.venue.cancel(id) : this.venue.lookUp(id, 0)
    if (by === 'look-up') this.book.late.answered(id, order, now)
    const owner = this.book.exits.owner(id)
    const event = { kind: 'seen', id, order, by, askedAt: now, at: now } as const
    if (owner === undefined) this.book.late.seen(id, order, { by, askedAt: now, now })
    else this.book.exits.happened(owner, event)
  }

  /** Starts everything that is due for an exit. */
  private act(id: PositionId, roll: Dice): void {
    const { now } = this
    const maySend = this.book.late.secondGuardOrders.length === 0 && !this.isHalted
    const due = this.book.exits.takeDue(id, { now, maySend, mayCancel: !this.isHalted })
    for (const call of due) this.call(id, call, roll)
  }

  /** Delivers one of the pending answers. */
  deliver(roll: Dice): void {
    if (this.answers.length === 0) return
    const [answer] = this.answers.splice(roll() % this.answers.length, 1)
    const { record, call, event, saved } = answer!
    const { positionId: id, generation } = record
    if (saved !== undefined) {
      this.written(answer!)
      this.book.exits.recorded(saved, this.now)
    } else {
      const present = event === undefined ? undefined : { ...event, at: this.now }
      this.book.exits.ended({ id, generation, call }, present)
    }
    this.act(id, roll)
  }

  /** Writes that no caller waits for reach the store. */
  flush(): void {
    // Earlier writes are on disk before.
    this.answers = this.answers.map(answer => this.written(answer))
    for (const record of this.book.exits.records()) {
      if (this.stored.has(record.positionId)) this.stored.set(record.positionId, record)
    }
  }

  /**
   * Whether a write takes back a plan that a person's trade has made void. Without it a new process
   * could not distinguish that trade from the order, and the outcome would stay unknown until a
   * person settles it.
   */
  private isOfLostPlan({ saved }: Answer): boolean {
    if (saved === undefined || saved.heldBefore !== null) return false
    const stored = this.stored.get(saved.positionId)
    return stored?.attempt === saved.attempt && stored.heldBefore !== null
  }

  /** A record that was on its way to the store is on disk. */
  private written(answer: Answer): Answer {
    const { saved, isWritten } = answer
    if (saved !== undefined && isWritten !== true) this.stored.set(saved.positionId, saved)
    return { ...answer, isWritten: true }
  }

  /** The process is killed, and a new one starts with what is on disk. */
  crash(roll: Dice): void {
    this.hasCrashed = true
    for (const answer of this.answers) {
      if (roll() % 2 === 0 || this.isOfLostPlan(answer)) this.written(answer)
    }
    this.answers = []
    this.lane = []
    this.book = this.open()
    const { now } = this
    for (const { position, generation, exited, isClosed } of this.generations) {
      if (isClosed) this.book.remember(position, { generation, exited, now })
    }
    for (const entered of this.present) {
      this.book.own(leftOf(entered), { generation: entered.generation, now })
    }
    for (const entered of this.present) {
      const { position, generation } = entered
      const record = this.stored.get(position.id)
      if (record?.generation === generation) {
        this.book.exits.restore(record, { position: leftOf(entered), now })
      } else {
        // The monitor decides once more: its level is crossed still.
        if (entered.isDecided) this.decide(entered)
      }
    }
  }

  /** A person has traded beside an exit, whose venue is claimed to prove less since. */
  private hasTradedBeforeLess = false

  /** An order was sent again for units that a person had sold, as only that shows its outcome: that person must act. */
  get isOversoldByHand(): boolean {
    return this.hasTradedBeforeLess && this.venue.held < 0 && this.isOversoldReported
  }

  /** The process is killed, and the configuration of the next one claims one proof less. */
  claimLess(roll: Dice): void {
    // A true claim about an order in transit must not be taken back.
    if (this.isLateArrivalFired) return
    const less: Partial<Capabilities>[] = [
      { dedupe: 'never' },
      { lookup: 'none' },
      { reduceOnly: false },
    ]
    const capabilities = { ...this.settings.capabilities, ...less[roll() % less.length] }
    // Then only sending an order again shows its outcome, and only reduce-only bounds it by what is left.
    const isDoubted = this.present.some(({ isDecided }) => isDecided)
    if (this.hasTradedBeside && isDoubted) this.hasTradedBeforeLess = true
    this.settings = { ...this.settings, capabilities }
    if (this.present.some(({ isDecided }) => isDecided)) this.isAmbiguous = true
    this.crash(roll)
    // What a person did while the dropped claim was the only bound is visible by then.
    this.advance(proofMs(capabilities))
  }

  /** Everything works from now on. Returns whether every decided exit ends. */
  calmDown(): boolean {
    this.isHalted = false
    const harmless: Dice = () => 0
    for (let round = 0; round < 1_200; round++) {
      while (this.lane.length > 0) this.leave(harmless)
      for (let left = 40; left > 0 && this.answers.length > 0; left--) this.deliver(harmless)
      if (this.venue.isQuiet && this.present.every(({ isDecided }) => !isDecided)) {
        if (this.settled()) return true
      }
      this.advance(this.venue.capabilities.visibilityMs + 1)
      this.venue.fill(Infinity)
      this.cycle(harmless)
    }
    return false
  }

  /** Holdings belong to the open positions, and to no other trader. */
  private settled(): boolean {
    if (this.isSpoiled || this.isPerjured || this.hasTradedBeforeLess) return true
    const owned = this.present.reduce(
      (sum, { position, lost }) => sum + position.quantity - lost,
      0,
    )
    return this.venue.held === owned + this.others
  }

  /** Promise P1: no position's orders execute more than the position, nor cross through zero. */
  check(): void {
    const { venue } = this
    if (this.isPerjured) return
    if (isUnprovable(this.claims) && this.isLateArrivalFired) return
    for (const { position, generation, ids } of this.generations) {
      const executed = venue.executedBy(({ clientOrderId: id }) => ids.has(id))
      if (executed <= position.quantity) continue
      expect.fail(`${position.id} in generation ${generation}: executed ${executed}`)
    }
    if (!this.hasTradedBeforeLess && venue.held < 0) expect.fail(`held: ${venue.held}`)
  }

  /** An oversold quantity is reported as the account's own, by the process that sold it. */
  checkNotices(): void {
    if (this.venue.held >= 0 || this.hasCrashed) return
    this.advance(proofMs(this.settings.capabilities))
    this.oldReport(0)
    expect(this.book.holdings.oversold(), 'oversold').to.have.length(1)
  }

  describe(): string {
    return [...this.book.exits.records()]
      .map(({ positionId: id, state, steps }) => {
        const history = steps
          .map(({ at, attempt, what }) => `  ${at} #${attempt} ${what}`)
          .join('\n')
        return `${id} ${JSON.stringify(state)}\n${history}`
      })
      .concat(`held ${this.venue.held} at ${this.now}`)
      .join('\n')
  }

  private open(): AccountBook {
    const { maxQuantity, market } = this
    return this.makeBook(this.settings, notice => this.hear(notice), { maxQuantity, market })
  }

  private hear(notice: Notice): void {
    switch (notice.kind) {
      case 'exit-filled':
      case 'exit-closed':
        this.close(notice.decision.positionId)
        return
      case 'position-gone':
        this.close(notice.positionId)
        return
      case 'position-shrunk':
        if (this.isLateFilled && !this.hasOtherReason) {
          expect.fail(
            `${notice.positionId}: a late fill of ${notice.lost} counts as sold by others`,
          )
        }
        this.lastOf(notice.positionId).lost += notice.lost
        return
      case 'exit-unproved':
        this.isUnprovedReported = true
        return
      case 'holding-unowned':
        expect(notice.quantity, 'units that no position owns').to.be.at.least(0)
        return
      // Only the process that has discarded an exit knows its orders.
      case 'second-guard':
        expect(this.hasDiscarded, `${notice.clientOrderId} is ours`).to.equal(true)
        return
      case 'holding-oversold':
        this.isOversoldReported = true
        return
      case 'holding-unknown':
      case 'exit-intended':
      case 'exit-unknown':
      case 'exit-rejected':
      case 'exit-stuck':
      case 'exit-unverified':
      case 'exit-fault':
      case 'exit-foreign':
      case 'exit-dust':
      case 'exit-below-minimum':
      case 'exit-priceless':
      case 'exit-reserved':
      case 'isolated-fault':
      case 'released-order-over':
      case 'exit-late-fill':
      case 'exit-late-order':
    }
  }

  /** Whether units may be missing for another reason than a late fill. */
  private get hasOtherReason(): boolean {
    return this.hasOthersTraded || this.isAmbiguous || this.isPerjured || this.hasCrashed
  }

  private lastOf(id: PositionId): ModelGeneration {
    return this.generations.findLast(({ position }) => position.id === id)!
  }

  private close(id: PositionId): void {
    const entered = this.lastOf(id)
    entered.isClosed = true
    this.stored.delete(id)
    const { now } = this
    const record = this.book.exits.record(id)
    if (record !== undefined && hasSent(record)) {
      entered.exited = { at: now, attempts: record.attempt, executed: bookedOf(record).quantity }
    }
    this.book.close(entered.position.id, now)
  }

  private lag(roll: Dice): number {
    const { visibilityMs } = this.venue.capabilities
    return visibilityMs === 0 ? 0 : roll() % visibilityMs
  }

  private ask(roll: Dice): void {
    this.report({ lagMs: this.lag(roll), isNamed: true, askedAt: this.now }, roll)
  }

  private report(
    { lagMs, ...asked }: { lagMs: number; isNamed: boolean; askedAt: number },
    roll: Dice,
  ): void {
    const report = this.venue.report(lagMs)
    // A list lacks flat holdings, which only causes a query by key.
    if (!asked.isNamed && report.kind === 'flat') {
      this.report({ lagMs, ...asked, isNamed: true }, roll)
      return
    }
    this.reportBeside(asked, roll)
    const ids = this.book.reports.take(this.key, report, { ...asked, now: this.now })
    for (const id of ids) this.act(id, roll)
  }

  /** The venue reports the other holding of the instrument as well, which grows and shrinks as it likes. */
  private reportBeside(asked: { isNamed: boolean; askedAt: number }, roll: Dice): void {
    const key = this.besideKey
    if (key === undefined) return
    const units = roll() % 5
    const quantity = key.side === 'short' ? -units : units
    const report: HoldingReport =
      units === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
    this.book.reports.take(key, report, { ...asked, now: this.now })
  }

  private call(id: PositionId, call: CallKind, roll: Dice): void {
    const record = this.book.exits.record(id)
    if (record === undefined) return
    const { now } = this
    switch (call) {
      case 'save':
        // A store that refuses is tried again.
        if (roll() % 5 === 4) this.answers.push({ record, call, event: undefined })
        else this.answers.push({ record, call, event: undefined, saved: record })
        return
      case 'send':
        this.lane.push(record)
        if (roll() % 3 !== 1) this.leave(roll)
        return
      case 'ask-past':
      case 'cancel-past': {
        const by = call === 'cancel-past' ? 'cancel' : 'look-up'
        const orderId = pastOrderToAsk(record)!.clientOrderId as ExitOrder['clientOrderId']
        const isUnanswered = roll() % 5 === 4 && !this.isLateFilled
        const order = isUnanswered ? ({ kind: 'unknown' } as const) : this.answer(orderId, by, roll)
        const event: ExitEvent = { kind: 'seen', id: orderId, order, by, askedAt: now, at: now }
        this.answers.push({ record, call, event })
        return
      }
      case 'ask-order':
      case 'cancel': {
        const by = call === 'cancel' ? 'cancel' : 'look-up'
        const isUnanswered = roll() % 5 === 4
        const { clientOrderId: orderId } = record.order
        const truth = isUnanswered ? ({ kind: 'unknown' } as const) : this.answer(orderId, by, roll)
        const order = this.isLying ? lieAbout(record, { by, truth, roll: roll() }) : truth
        this.isLying = false
        const event: ExitEvent = { kind: 'seen', id: orderId, order, by, askedAt: now, at: now }
        this.answers.push({ record, call, event })
        return
      }
      case 'ask-holding':
        this.ask(roll)
        return
      case 'list-orders':
        this.list(roll)
    }
  }

  private answer(orderId: string, by: 'look-up' | 'cancel', roll: Dice): OrderState {
    return by === 'cancel' ? this.venue.cancel(orderId) : this.venue.lookUp(orderId, this.lag(roll))
  }

  private list(roll: Dice): void {
    const { now } = this
    this.book.listed(this.venue.open(this.lag(roll)), { askedAt: now, now })
  }

  /** The order with its deadline by the clock of the venue. */
  private byVenue({ actBy, ...order }: ExitOrder): ExitOrder {
    return actBy === undefined ? order : { ...order, actBy: actBy - this.skewMs }
  }

  private send(order: ExitOrder, roll: Dice): ExitEvent {
    const { clientOrderId: id } = order
    const { venue } = this
    const at = this.now
    const executes = [Infinity, 0, 1, 2][roll() % 4]!
    const fate = { executes, rest: roll() % 3 === 1 ? 'ends' : 'works' } as const
    const unknown: ExitEvent = { kind: 'outcome-unknown', id, at }
    switch (roll() % 8) {
      case 1:
        if (this.isPerjury) {
          this.isPerjury = false
          this.isPerjured = true
          venue.fly(order, roll() % 40, fate)
          return { kind: 'answered', id, answer: rejection('refused'), at }
        }
        return { kind: 'not-sent', id, code: 'NOT_SENT', at }
      case 2:
        return { kind: 'answered', id, answer: rejection(codeOf(roll)), at }
      case 3:
        return unknown
      case 4:
        venue.take(order, fate)
        return unknown
      case 5:
        venue.fly(order, Math.max(0, venue.capabilities.visibilityMs - 1), fate)
        return unknown
      case 6:
        this.flyLate(order, fate)
        return unknown
      default:
        return { kind: 'answered', id, answer: venue.take(order, fate, roll() % 2 === 0), at }
    }
  }

  /** Much later than any claim of the venue: only an id that is used once can help. */
  private flyLate(order: ExitOrder, fate: { executes: number; rest: 'works' | 'ends' }): void {
    const way = wayOf(this.claims)
    const isRefused = this.claims.deadline === 'kept'
    if (!isRefused && (way === 'look-up' || way === 'reduce-only')) return
    if (!isRefused) this.isLateArrivalFired = true
    this.venue.fly(order, 6 * (this.venue.capabilities.visibilityMs + 1), fate)
  }
}

const leftOf = ({ position, lost }: ModelGeneration): Position => ({
  ...position,
  quantity: position.quantity - lost,
})

const codeOf = (roll: Dice) =>
  (['refused', 'market-closed', 'would-trigger', 'no-permission'] as const)[roll() % 4]!

/** By position, generation and length: stories have the same few positions. */
const knownIds = new Map<string, ReadonlySet<string>>()

function idsOf(
  { id }: Position,
  generation: number,
  { capabilities: { clientOrderIdLength } }: ExitSettings,
): ReadonlySet<string> {
  const key = `${id} ${generation} ${clientOrderIdLength}`
  let ids = knownIds.get(key)
  if (ids === undefined) {
    const attempts = Array.from({ length: ATTEMPTS }, (_, index) =>
      clientOrderId(
        { storeId: '', account: '', positionId: id, generation, attempt: index + 1 },
        clientOrderIdLength,
      ),
    )
    knownIds.set(key, (ids = new Set(attempts)))
  }
  return ids
}

type MakeBook = (
  settings: ExitSettings,
  notify: (notice: Notice) => void,
  at?: { readonly maxQuantity?: number; readonly market?: Market },
) => AccountBook

/** The prices of the instrument: they never move. */
export interface Market {
  /** The last price that the account knows; undefined: it has never had one. */
  readonly known: number | undefined
  /** The price at the venue: a limit above it is not executed. */
  readonly atVenue: number
  /** How exits are ordered; default: at market. */
  readonly style?: ExitSettings['style']
}

const PLAIN_MARKET: Market = { known: 100, atVenue: Infinity }

/** The book's present state. */
export const plainBook: MakeBook = (
  settings,
  notify,
  { maxQuantity, market = PLAIN_MARKET } = {},
) =>
  new AccountBook({
    settings,
    adopt: 'alert',
    specOf: () => ({ lot: undefined, minQuantity: undefined, tickSize: undefined, maxQuantity }),
    priceOf: () => market.known,
    notify: notify,
  })
