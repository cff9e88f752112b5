import { isMeasure, LARGEST, SMALLEST } from '../domain/bounds.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { instrumentId, positionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import { numberHint } from '../domain/number-hint.ts'
import { isName, NAME_EXPECTED } from '../domain/plain-text.ts'
import type { Position, PriceSource, Side } from '../domain/position.ts'
import { show } from '../domain/shown.ts'
import { unitsOf } from '../domain/units.ts'
import { parseInstant } from '../feeds/instant.ts'
import type { RuleSet } from '../risk/rule.ts'
import type { FaultList } from './faults.ts'
import { filledInOf, type FilledIn } from './filled-in.ts'
import { mapOf, refuseUnknown, type Fields } from './maps.ts'
import { warnOfQuantity, warnOfValue } from './order-warnings.ts'
import { accountOf, type AccountOfPosition } from './position-account.ts'
import type { Findings, RuleSets } from './rule-sets.ts'

/** One position of a file; without `openedAt` it opens with the first row of a replay. */
export interface PositionEntry {
  readonly position: Unopened
  readonly ruleSet: RuleSet
  /** Options that the rule set was made from. */
  readonly rules: Readonly<Record<string, unknown>>
  /** Fields that neither the position nor its rules state; they have defaults. */
  readonly filledIn: FilledIn
  /** Options that the source states for this position: see AddRequest. */
  readonly flags: Readonly<Record<DoorFlag, boolean>>
  /** The account that guards it, where the configuration names its accounts. */
  readonly guardedIn?: string
}

type Unopened = Omit<Position, 'openedAt'> & { readonly openedAt: number | undefined }

/** Fields that only matter when the position is added; they are not stored. */
const DOOR_FLAGS = ['exitNow', 'opensLater', 'reopen'] as const
type DoorFlag = (typeof DOOR_FLAGS)[number]

/** The position with only those fields that its source states. */
export const namedFields = ({ position, filledIn }: PositionEntry): Partial<Position> =>
  Object.fromEntries(
    Object.entries(position).filter(([field]) => !filledIn.some(each => each === field)),
  )

const FIELDS = [
  'id',
  'instrument',
  'side',
  'quantity',
  'entryPrice',
  'openedAt',
  'rules',
  'account',
  'ticket',
  'product',
  'underlying',
  'multiplier',
  'priceSource',
  'contract',
  ...DOOR_FLAGS,
]

const INTEGER = /^[-+]?\d+$/

/** Epoch ms before this (in 1973) are probably seconds. */
const EARLIEST_MS = 100_000_000_000

/** What the positions of a source may name. */
export interface PositionPlaces {
  readonly instruments: InstrumentTable
  /** Names of the accounts of the process; undefined: `account` is the venue's word for a part of the only one. */
  readonly accounts: readonly string[] | undefined
}

/** Reads one position; adds faults to the lists as it finds them. */
export class PositionReader {
  private readonly index: number
  private readonly findings: Findings
  private readonly list: FaultList
  private readonly instruments: InstrumentTable
  private readonly accounts: readonly string[] | undefined
  private map: Fields = {}

  constructor(index: number, findings: Findings, { instruments, accounts }: PositionPlaces) {
    this.index = index
    this.instruments = instruments
    this.accounts = accounts
    this.findings = findings
    this.list = findings.faults
  }

  read(value: unknown, sets: RuleSets, seen: Map<string, number>): PositionEntry | undefined {
    const before = this.list.faults.length
    const map = mapOf(value, this.path(), this.list)
    if (map === undefined) return undefined
    this.map = map
    refuseUnknown(map, FIELDS, this.path(), this.list)
    const { guardedIn, account } = this.account()
    const id = this.text('id')
    if (id !== undefined) this.refuseDuplicate(id, guardedIn, seen)
    const instrument = this.text('instrument')
    const side = this.choice<Side>('side', ['long', 'short'])
    const written = this.positive('quantity')
    const entryPrice = this.positive('entryPrice')
    const spec =
      instrument === undefined ? undefined : this.instruments.of(instrumentId(instrument))
    const multiplier =
      map['multiplier'] === undefined ? (spec?.multiplier ?? 1) : this.positive('multiplier')
    // A sum of doubles from a script counts as the decimal that it meant.
    const quantity = written === undefined ? undefined : unitsOf(written, spec?.lot)
    warnOfQuantity(this.findings.warnings, this.path('quantity'), { quantity, spec })
    const contract =
      map['contract'] === undefined
        ? (spec?.contract ?? 'linear')
        : this.choice('contract', ['linear', 'inverse'])
    const openedAt = this.instant()
    const ticket = this.optionalText('ticket')
    const product = this.optionalText('product')
    const underlying = this.optionalText('underlying')
    const flags = this.flags()
    const given = sets.resolve(map['rules'], this.path('rules'), this.findings)
    const priceSource =
      map['priceSource'] === undefined
        ? (given?.priceSource ?? 'trade')
        : this.choice<PriceSource>('priceSource', ['trade', 'quote'])
    if (this.list.faults.length > before || given === undefined) return undefined
    const position = {
      id: positionId(id!),
      instrument: instrumentId(instrument!),
      side: side!,
      quantity: quantity!,
      entryPrice: entryPrice!,
      multiplier: multiplier!,
      openedAt,
      priceSource: priceSource!,
      ...(contract === 'inverse' && { contract }),
      ...(account !== undefined && { account }),
      ...(ticket !== undefined && { ticket }),
      ...(product !== undefined && { product }),
      ...(underlying !== undefined && { underlying: instrumentId(underlying) }),
    }
    warnOfValue(this.findings.warnings, this.path('quantity'), { position, spec })
    sets.judge(given, position, this.path('rules'), this.findings)
    const filledIn = filledInOf(map, given.priceSource)
    const entry = { position, ruleSet: given.ruleSet, rules: given.options, filledIn, flags }
    return guardedIn === undefined ? entry : { ...entry, guardedIn }
  }

  private path(...rest: (string | number)[]): (string | number)[] {
    return ['positions', this.index, ...rest]
  }

  private text(field: string): string | undefined {
    const value = this.map[field]
    if (typeof value === 'string' && isName(value)) return value
    if (typeof value === 'number' || typeof value === 'boolean') {
      const written = this.list.writtenAt(this.path(field)) ?? String(value)
      const expected = `a string: quote it, "${written}"`
      this.list.add(this.path(field), `the ${typeof value} ${written}`, expected)
    } else {
      const isEmpty = typeof value !== 'string' || value === ''
      const expected = isEmpty ? 'a string that is not empty' : NAME_EXPECTED
      this.list.add(this.path(field), show(value), expected)
    }
    return undefined
  }

  private optionalText(field: string): string | undefined {
    return this.map[field] === undefined ? undefined : this.text(field)
  }

  private flags(): PositionEntry['flags'] {
    return {
      exitNow: this.flag('exitNow'),
      opensLater: this.flag('opensLater'),
      reopen: this.flag('reopen'),
    }
  }

  private flag(field: DoorFlag): boolean {
    const value = this.map[field]
    if (value === undefined) return false
    if (typeof value === 'boolean') return value
    this.list.add(this.path(field), show(value), 'true or false')
    return false
  }

  private account(): AccountOfPosition {
    const given = this.optionalText('account')
    const { fault, ...names } = accountOf(given, this.accounts)
    // A value that is no name has its fault already.
    if (fault === undefined || (given === undefined && this.map['account'] !== undefined))
      return names
    this.list.add(this.path('account'), fault.found, fault.expected)
    return names
  }

  private refuseDuplicate(
    id: string,
    guardedIn: string | undefined,
    seen: Map<string, number>,
  ): void {
    const key = JSON.stringify([guardedIn, id])
    const first = seen.get(key)
    if (first === undefined) seen.set(key, this.index)
    else {
      const found = `${JSON.stringify(id)} again`
      this.list.add(this.path('id'), found, `an id other than that of positions[${first}]`)
    }
  }

  private choice<Each extends string>(field: string, known: readonly Each[]): Each | undefined {
    const value = this.map[field]
    const chosen = known.find(each => each === value)
    if (chosen === undefined) {
      this.list.add(this.path(field), show(value), expectedWord(value, known, known.join(' or ')))
    }
    return chosen
  }

  private positive(field: string): number | undefined {
    const value = this.map[field]
    if (typeof value === 'number' && isMeasure(value)) return value
    const isBeyond = typeof value === 'number' && value > 0 && value < Infinity
    const bounds = isBeyond ? `a number from ${SMALLEST} to ${LARGEST}` : 'a number above 0'
    const expected = `${bounds}${numberHint(value)}`
    this.list.add(this.path(field), show(value), expected)
    return undefined
  }

  private instant(): number | undefined {
    const value = this.map['openedAt']
    if (value === undefined) return undefined
    if (typeof value === 'string') {
      const at = INTEGER.test(value) ? NaN : parseInstant(value)
      if (!Number.isNaN(at)) return at
    } else if (typeof value === 'number' && Number.isSafeInteger(value)) {
      if (Math.abs(value) < EARLIEST_MS) {
        const expected = 'epoch milliseconds: this is probably in seconds'
        this.findings.warnings.add(this.path('openedAt'), show(value), expected)
      }
      return value
    }
    const expected = 'whole epoch milliseconds, or ISO 8601 with a zone (2024-08-09T09:30:00Z)'
    this.list.add(this.path('openedAt'), show(value), expected)
    return undefined
  }
}
