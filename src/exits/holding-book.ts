import { isBounded } from '../domain/bounds.ts'
import { sum } from '../domain/decimal.ts'
import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { InstrumentSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { HoldingChange } from './events.ts'
import { ofHolding, type Faults } from './faults.ts'
import { HoldingGroup } from './holding-group.ts'
import { HoldingReader } from './holding-reader.ts'
import { spelling } from './holding-spelling.ts'
import { claimOf, holdingKeyOf, holdingName, type HoldingModel } from './holding-state.ts'
import { OpenGenerations, type OpenGeneration } from './open-generations.ts'
import { OutsideHoldings } from './outside-holdings.ts'
import { NOTHING_LOST } from './reconcile.ts'
import { proofMs, type ExitSettings } from './settings.ts'
import type { Asked, Surroundings } from './surroundings.ts'
import type { Adoption } from './unowned.ts'

export interface HoldingBookOptions extends Pick<
  Surroundings,
  'shareOf' | 'notify' | 'drifted' | 'followOverOrders' | 'mayExplain'
> {
  readonly settings: ExitSettings
  readonly adopt: Adoption
  readonly faults: Faults
  specOf(instrument: InstrumentId): Pick<InstrumentSpec, 'lot'>
}

/** A list of everything that is held, sorted by what positions own. */
export interface HoldingList {
  /** The holdings that positions own. */
  readonly reports: readonly { readonly key: HoldingKey; readonly report: HoldingReport }[]
  /** The holdings that it lacks, and those that no position owns: it does not prove that they are gone. */
  readonly lacking: readonly HoldingKey[]
}

/** The holdings of an account, and the open positions that own them. Changes itself. */
export class HoldingBook {
  private readonly model: HoldingModel
  private readonly surroundings: Omit<Surroundings, 'beyond'>
  private readonly groups = new Map<string, HoldingGroup>()
  private readonly generations = new OpenGenerations()
  /** What is held outside the open positions. */
  readonly outside: OutsideHoldings
  private readonly reader: HoldingReader
  private readonly faults: Faults

  constructor({ settings, adopt, faults, specOf, ...around }: HoldingBookOptions) {
    const { capabilities } = settings
    const { notify } = around
    const apartMs = proofMs(capabilities)
    const reader = new HoldingReader(specOf)
    this.faults = faults
    this.reader = reader
    this.model = capabilities
    this.outside = new OutsideHoldings({ model: capabilities, adopt, reader, apartMs, notify })
    this.surroundings = { ...around, apartMs }
  }

  /** The open generation of a position. */
  current(id: PositionId): OpenGeneration | undefined {
    return this.generations.get(id)
  }

  /** Every holding that positions own. */
  all(): Iterable<HoldingGroup> {
    return this.groups.values()
  }

  /** The holdings on the wrong side of zero. */
  oversold(): readonly HoldingKey[] {
    const present = [...this.groups.values()].filter(({ balance }) => balance.isOversold)
    return [...present.map(({ key }) => key), ...this.outside.oversold()]
  }

  /** Whether less is held than our positions own; an order that is over may have taken it. */
  lacks(key: HoldingKey): boolean {
    const group = this.groups.get(holdingName(key))
    return (
      group?.balance.isMissing === true ||
      this.oversold().some(each => holdingName(each) === holdingName(key))
    )
  }

  /** The key of the holding of a position. */
  holdingOf(position: Position): HoldingKey {
    return holdingKeyOf(position, this.model)
  }

  /** The holding that an open position is a part of; undefined where it is not open. */
  keyOf(id: PositionId): HoldingKey | undefined {
    const current = this.generations.get(id)
    return current === undefined ? undefined : holdingKeyOf(current.position, this.model)
  }

  /** The last report on the holding of an open position; undefined: it is not known, or not open. */
  knownOf(id: PositionId): HoldingGroup['known'] {
    const key = this.keyOf(id)
    return key === undefined ? undefined : this.groups.get(holdingName(key))?.known
  }

  /** A position is open: a share of its holding belongs to this generation of it. */
  own(position: Position, { generation, now }: { generation: number; now: number }): void {
    const group = this.openGroup(position, now)
    const owned = this.reader.owned(group.key, position.quantity)
    this.generations.set({ position, generation, owned })
    const came = group.own(position, now)
    const by = { kind: 'came', quantity: came } as const
    if (came > 0) this.drifted(group, position.id, { by, now })
    this.outside.taken(group.key, position, now)
  }

  /** A position is open no longer; `left` units of it stay at the venue on purpose. */
  disown(position: Position, { left, now }: { left: number; now: number }): void {
    const group = this.groupOf(position)
    this.outside.release(this.holdingOf(position), position.id, left)
    this.generations.delete(position.id)
    group?.disown(position.id, { left, now })
    if (group?.isEmpty === true) this.drop(group)
  }

  /** A position names the holding no longer: where it is on the wrong side, it stays so. */
  private drop(group: HoldingGroup): void {
    this.groups.delete(holdingName(group.key))
    if (group.balance.isOversold) this.outside.inherit(group.key)
  }

  /** A person takes over so many units of a position, and may sell them at any time. */
  freed(position: Position, quantity: number, now: number): void {
    const group = this.groupOf(position)
    if (group === undefined || quantity <= 0) return
    this.drifted(group, position.id, { by: { kind: 'released', quantity }, now })
  }

  /** Units of a holding that other positions than this one own. */
  othersIn(group: HoldingGroup, id: PositionId): number {
    const others = [...group.ids()].filter(each => each !== id)
    return others
      .map(each => this.surroundings.shareOf(this.generations.get(each)!.position).owned)
      .reduce(sum, 0)
  }

  /** Reports to the exit that holds the lock on a holding that another position has come or gone. */
  private drifted(
    { lockedBy }: HoldingGroup,
    id: PositionId,
    { by, now }: { by: HoldingChange; now: number },
  ): void {
    if (lockedBy !== undefined && lockedBy !== id) this.surroundings.drifted(lockedBy, by, now)
  }

  /**
   * An order of a released position is over, and `left` units of it were not executed: on purpose
   * unowned, unless the position was added again.
   */
  letGo(position: Position, left: number): void {
    const key = holdingKeyOf(position, this.model)
    const group = this.groups.get(holdingName(key))
    if (this.current(position.id) === undefined) this.outside.release(key, position.id, left)
    if (group?.isEmpty === true) this.drop(group)
    else if (group !== undefined) this.judgeAgain(group)
  }

  /** So many units of a position were closed outside the service. */
  lose(id: PositionId, units: number): void {
    this.generations.lose(id, units)
  }

  /** The holding that a position is a part of; undefined where none is followed. */
  groupOf(position: Position): HoldingGroup | undefined {
    return this.groups.get(holdingName(holdingKeyOf(position, this.model)))
  }

  /** The same; where none is followed, one that is unknown since `now` (epoch ms) is from here on. */
  openGroup(position: Position, now: number): HoldingGroup {
    const known = this.groupOf(position)
    if (known !== undefined) return known
    const key = holdingKeyOf(position, this.model)
    const group = new HoldingGroup(key, now)
    this.groups.set(holdingName(key), group)
    return group
  }

  /** Takes a report; gives the holding where positions own it, and what each of them has lost by it. */
  take(
    key: HoldingKey,
    report: HoldingReport,
    asked: Asked,
  ): {
    readonly group: HoldingGroup | undefined
    readonly lost: ReadonlyMap<PositionId, number>
  } {
    const group = this.groups.get(holdingName(key))
    const lost = this.faults.alone(
      ofHolding(holdingName(key)),
      () => {
        const claim = claimOf(report, asked.askedAt)
        if (group !== undefined) {
          const read = this.reader.report(key, report)
          return group.take(read, asked, this.around(claim?.at ?? asked.askedAt))
        }
        if (claim !== undefined)
          this.outside.check({ key, quantity: claim.quantity, since: claim.at })
        return NOTHING_LOST
      },
      undefined,
    )
    // What could not be taken may have changed anything: nothing may be sold by it.
    if (lost === undefined) group?.grantNothing()
    return { group, lost: lost ?? NOTHING_LOST }
  }

  /** An order is over that could have explained what a holding lacks: it did not execute that. */
  judgeAgain(group: HoldingGroup): void {
    group.judgeAgain(this.around(group.quietSince))
  }

  /** Sorts a list of everything, asked for at `askedAt`; checks what is held outside the positions. */
  sort(holdings: readonly Holding[], askedAt: number): HoldingList {
    const lacking = new Map<string, { readonly key: HoldingKey }>(this.groups)
    for (const key of this.outside.keys()) lacking.set(holdingName(key), { key })
    const spelled = spelling(holdings, this.groups)
    const reports = holdings.flatMap(({ quantity, ageMs, entryPrice, ...holding }) => {
      // Nothing holds so much: like a row that is missing, it proves nothing.
      if (!isBounded(quantity)) return []
      const side = quantity < 0 ? 'short' : 'long'
      const key = spelled(holdingKeyOf({ side, ...holding }, this.model))
      // Its account is ambiguous: each holding is asked for by name.
      if (key === 'several') return []
      lacking.delete(holdingName(key))
      if (this.groups.has(holdingName(key))) {
        return [{ key, report: { kind: 'held', quantity, ageMs } as const }]
      }
      const since = askedAt - ageMs
      const unowned = { key, quantity, since, ...(entryPrice !== undefined && { entryPrice }) }
      this.faults.alone(ofHolding(holdingName(key)), () => this.outside.check(unowned), undefined)
      return []
    })
    this.outside.listed()
    return { reports, lacking: [...lacking.values()].map(({ key }) => key) }
  }

  private around(since: number): Surroundings {
    const beyond = (key: HoldingKey, quantity: number): void =>
      this.outside.update(key, quantity, since)
    return { ...this.surroundings, beyond }
  }
}
