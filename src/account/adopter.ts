import { positionId, type PositionId } from '../domain/ids.ts'
import { patternOf, type InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { isPrice, priceIn, viewOf, type Tick } from '../domain/tick.ts'
import { WatchkeeperError } from '../errors.ts'
import { holdingName } from '../exits/holding-state.ts'
import { orderable } from '../exits/quantity.ts'
import type { UnownedHolding } from '../exits/unowned.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { Account } from './account.ts'
import type { Entering } from './admission.ts'
import { codeOf, textOf } from './journal-line.ts'
import type { TrustedClock } from './trusted-clock.ts'

/** Which holdings that no position names are taken under guard, and by which rules. */
export interface AdoptionOptions {
  readonly rules: Registered['rules']
  /** Names of instruments, in which `*` stands for any text. */
  readonly instruments: readonly string[]
  /** Time for which a holding must be unowned before it is adopted, ms: its buyer may be about to add a position. */
  readonly afterMs: number
}

/** The settings of `holdings` about adoption. */
export interface HoldingsSettings {
  readonly adopt: 'off' | 'alert' | 'rules'
  readonly defaultRules?: AdoptionOptions['rules'] | undefined
  readonly instruments?: AdoptionOptions['instruments'] | undefined
  /** Ms. */
  readonly adoptAfterMs: number
}

/** The adopter of a running service; undefined where the configuration asks for none. */
export function adopterOf(
  { adopt, defaultRules: rules, instruments, adoptAfterMs: afterMs }: HoldingsSettings,
  account: Account,
  clock: Pick<TrustedClock, 'now' | 'steady'>,
): Adopter | undefined {
  if (adopt !== 'rules' || rules === undefined || instruments === undefined) return undefined
  return new Adopter({
    options: { rules, instruments, afterMs },
    instruments: account.instruments,
    now: () => clock.steady(),
    openedAt: () => clock.now(),
    unowned: () => account.engine.book.holdings.outside.unowned(),
    isOpen: id => account.state.positions.get(id)?.state === 'open',
    isComing: instrument => account.changes.isComing(instrument),
    quotes: names => account.quotes(names),
    add: async entering => {
      const flags = { exitNow: false, opensLater: false, reopen: true }
      const { wanted } = account.admission.admit({ ...entering, ...flags })
      await account.changes.add({ ...wanted, isHeld: true }, 'adoption')
    },
    note: (kind, detail) => account.note(kind, detail),
  })
}

export interface AdopterDeps {
  readonly options: AdoptionOptions
  readonly instruments: InstrumentTable
  /** The gateway's time, in which holdings are dated, epoch ms. */
  now(): number
  /** The wall clock, epoch ms. */
  openedAt(): number
  /** The unowned holdings of the account. */
  unowned(): readonly UnownedHolding[]
  isOpen(id: PositionId): boolean
  /** Whether a position of the instrument is being registered. */
  isComing(instrument: Position['instrument']): boolean
  /** The broker's last prices. */
  quotes(instruments: readonly Position['instrument'][]): Promise<readonly Tick[]>
  /** Registers a position. @throws WatchkeeperError EXITS_AT_ONCE, judged at `price` where it is known. */
  add(entering: Pick<Entering, 'position' | 'rules' | 'price'>): Promise<unknown>
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
}

/** Time until a holding that could not be adopted is tried again, ms. */
const RETRY_MS = 60_000

/** Takes unowned holdings under guard, by default rules. */
export class Adopter {
  private readonly parts: AdopterDeps
  private readonly patterns: readonly RegExp[]
  private isBusy = false
  /** Holdings that could not be adopted: when each is tried again, and what was journaled about it. */
  private readonly refused = new Map<string, { readonly until: number; readonly why: string }>()

  /**
   * When each holding was adopted, by the gateway's time. Until a list shows it as owned, the gateway may not know
   * the new position yet.
   */
  private readonly adoptedAt = new Map<string, number>()

  constructor(parts: AdopterDeps) {
    this.parts = parts
    this.patterns = parts.options.instruments.map(patternOf)
  }

  /** Checks the unowned holdings, one after the other; resolves when none is under way. */
  async poll(): Promise<void> {
    if (this.isBusy) return
    this.isBusy = true
    try {
      const unowned = this.parts.unowned()
      this.forget(unowned)
      for (const holding of this.due(unowned)) await this.adopt(holding)
    } finally {
      this.isBusy = false
    }
  }

  /** Forgets holdings that are unowned no longer. */
  private forget(unowned: readonly UnownedHolding[]): void {
    const names = new Set(unowned.map(({ key }) => holdingName(key)))
    for (const known of [this.refused, this.adoptedAt])
      for (const name of known.keys()) if (!names.has(name)) known.delete(name)
  }

  private due(unowned: readonly UnownedHolding[]): readonly UnownedHolding[] {
    const { now, options, instruments } = this.parts
    return unowned.filter(
      ({ key, since, quantity }) =>
        since >= (this.adoptedAt.get(holdingName(key)) ?? -Infinity) &&
        // Dust is too small for an order, so it cannot be guarded.
        orderable(Math.abs(quantity), instruments.of(key.instrument)) > 0 &&
        now() - since >= options.afterMs &&
        now() >= (this.refused.get(holdingName(key))?.until ?? 0) &&
        this.patterns.some(pattern => pattern.test(key.instrument)),
    )
  }

  private async adopt(holding: UnownedHolding): Promise<void> {
    const { options, add, note } = this.parts
    const name = holdingName(holding.key)
    try {
      const price = await this.priceOf(holding)
      // Its buyer may have added a position meanwhile, or be about to.
      if (!this.isStill(holding)) return
      const position = this.positionOf(holding, holding.entryPrice ?? price)
      const at = this.parts.now()
      await add({ position, rules: options.rules, price })
      this.refused.delete(name)
      this.adoptedAt.set(name, at)
    } catch (error) {
      const why = textOf(error)
      if (this.refused.get(name)?.why !== why) {
        const { key, quantity } = holding
        note('adoption-refused', { ...key, quantity, code: codeOf(error), why })
      }
      this.refused.set(name, { until: this.parts.now() + RETRY_MS, why })
    }
  }

  /** Whether a holding is still unowned, with the quantity that was checked. */
  private isStill({ key, quantity, since }: UnownedHolding): boolean {
    const { unowned, isComing } = this.parts
    if (isComing(key.instrument)) return false
    return unowned().some(
      each =>
        holdingName(each.key) === holdingName(key) &&
        each.quantity === quantity &&
        each.since === since,
    )
  }

  /** The broker's price of one unit of the holding, where it has one. */
  private async priceOf({ key: { instrument }, quantity }: UnownedHolding) {
    const quotes = await this.parts.quotes([instrument]).catch(() => [])
    const quote = quotes.find(tick => tick.instrument === instrument)
    const side = quantity > 0 ? 'long' : 'short'
    return quote === undefined ? undefined : priceIn(viewOf(side, 'trade'), quote)
  }

  private positionOf({ key, quantity }: UnownedHolding, entryPrice: number | undefined): Position {
    const { account, instrument, ticket, product } = key
    if (!isPrice(entryPrice)) {
      const text = 'neither the holding nor a quote has a price'
      throw new WatchkeeperError('NO_PRICE', text)
    }
    return {
      id: this.freeId(key),
      instrument,
      side: quantity > 0 ? 'long' : 'short',
      quantity: Math.abs(quantity),
      entryPrice,
      openedAt: this.parts.openedAt(),
      multiplier: this.parts.instruments.of(instrument).multiplier,
      priceSource: 'trade',
      ...(this.parts.instruments.of(instrument).contract === 'inverse' && { contract: 'inverse' }),
      ...(account !== undefined && { account }),
      ...(ticket !== undefined && { ticket }),
      ...(product !== undefined && { product }),
    }
  }

  /** `adopted-` and the holding's name, with a number appended where that id is open already. */
  private freeId({
    instrument,
    account,
    side,
    ticket,
    product,
  }: UnownedHolding['key']): PositionId {
    const parts = ['adopted', instrument, account, side, ticket, product]
    const plain = parts.filter(part => part !== undefined).join('-')
    for (let count = 1; ; count++) {
      const id = positionId(count === 1 ? plain : `${plain}-${count}`)
      if (!this.parts.isOpen(id)) return id
    }
  }
}
