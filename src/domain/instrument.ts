import { product } from './decimal.ts'
import type { InstrumentId } from './ids.ts'

/** One session of a trading day, in minutes after local midnight; overnight where `close` is not after `open`. */
export interface SessionSpan {
  readonly open: number
  readonly close: number
}

/** Local times at which a market trades. */
export interface TradingHours {
  /** IANA name. */
  readonly timezone: string
  /** The sessions of a usual day, in order of time. */
  readonly sessions: readonly SessionSpan[]
  /** Days on which sessions open, from 0 for Monday. */
  readonly days: ReadonlySet<number>
  /**
   * Days from 1970-01-01 with sessions of their own: none on a holiday, a short one on a half day.
   * They override the day of the week.
   */
  readonly exceptions: ReadonlyMap<number, readonly SessionSpan[]>
}

/** The venue's rules for an instrument. */
export interface InstrumentSpec {
  /** Amount of money per price point and unit, > 0. */
  readonly multiplier: number
  /**
   * `linear`: the profit of a unit is the price difference times the multiplier. `inverse`: a unit
   * is worth `multiplier` of the quote currency, and is settled in the base coin. Absent: linear.
   */
  readonly contract?: 'linear' | 'inverse'
  /** Quantities are multiples of it, > 0; undefined: any. */
  readonly lot: number | undefined
  /** Smallest quantity of an order, > 0; less is dust. */
  readonly minQuantity: number | undefined
  /** Largest quantity of one order, > 0; more goes out in slices, one after the other. Absent: any. */
  readonly maxQuantity?: number | undefined
  /**
   * Units of one contract, > 0, where the venue counts contracts: quantities are whole contracts where no lot
   * is given. Absent: it counts units.
   */
  readonly contractSize?: number | undefined
  /**
   * Smallest value of an order, > 0, money as `orderValue` counts it. An exit below it waits for a price that
   * makes it large enough. Absent: any.
   */
  readonly minOrderValue?: number | undefined
  /** True: reduce-only orders may be of any value. */
  readonly reduceOnlyExempt?: boolean
  /** Prices of orders are multiples of it, > 0; undefined: any. */
  readonly tickSize: number | undefined
  /** Currency of its profit; undefined: the account's. */
  readonly currency: string | undefined
  /** Undefined: never closed. */
  readonly hours: TradingHours | undefined
  /** Whether its price may be 0 or below, as that of a future or a spread may. */
  readonly mayBeNegative: boolean
}

/** The constraints on orders of an instrument. */
export type OrderSpec = Pick<InstrumentSpec, 'lot' | 'minQuantity' | 'tickSize'> &
  Partial<
    Pick<
      InstrumentSpec,
      'mayBeNegative' | 'minOrderValue' | 'reduceOnlyExempt' | 'maxQuantity' | 'contractSize'
    >
  >

/**
 * Value of an order of `quantity` units at `price`: in the currency of its profit, and in the quote currency
 * where the contract is inverse. A price below 0 counts like the same one above it.
 */
export const orderValue = (
  quantity: number,
  price: number,
  { multiplier, contract }: Pick<InstrumentSpec, 'multiplier' | 'contract'>,
): number => {
  const units = product(quantity, multiplier)
  return contract === 'inverse' ? units : product(units, Math.abs(price))
}

/** The specification of an unknown instrument. */
export const PLAIN_INSTRUMENT: InstrumentSpec = {
  multiplier: 1,
  lot: undefined,
  minQuantity: undefined,
  tickSize: undefined,
  currency: undefined,
  hours: undefined,
  mayBeNegative: false,
}

/**
 * Specifications of instruments, by patterns in which `*` matches any text; the first matching
 * pattern counts.
 */
export class InstrumentTable {
  private readonly specs: Iterable<readonly [pattern: string, spec: InstrumentSpec]>
  private readonly patterns: readonly (readonly [RegExp, InstrumentSpec])[]
  private exact: ReadonlyMap<InstrumentId, InstrumentSpec>
  private readonly known = new Map<InstrumentId, InstrumentSpec>()

  /** `exact`: specifications by full name, which take precedence over patterns. */
  constructor(
    specs: Iterable<readonly [pattern: string, spec: InstrumentSpec]> = [],
    exact: ReadonlyMap<InstrumentId, InstrumentSpec> = new Map(),
  ) {
    this.patterns = [...specs].map(([pattern, spec]) => [patternOf(pattern), spec])
    this.exact = exact
    this.specs = specs
  }

  /** The same table, with specifications of some instruments by full name. */
  with(exact: ReadonlyMap<InstrumentId, InstrumentSpec>): InstrumentTable {
    return new InstrumentTable(this.specs, exact)
  }

  /**
   * Takes newer specifications by full name, such as after the venue has changed them. An instrument that they
   * lack keeps the one that it had: what is held of it must still be sold in whole lots.
   */
  refresh(exact: ReadonlyMap<InstrumentId, InstrumentSpec>): void {
    this.exact = new Map([...this.exact, ...exact])
  }

  /** Whether an instrument has a smallest value of an order. */
  get hasMinOrderValue(): boolean {
    const specs = [...this.patterns.map(([, spec]) => spec), ...this.exact.values()]
    return specs.some(({ minOrderValue }) => minOrderValue !== undefined)
  }

  /** The specification of an instrument; the plain one where no pattern matches. */
  of(instrument: InstrumentId): InstrumentSpec {
    const known = this.exact.get(instrument) ?? this.known.get(instrument)
    if (known !== undefined) return known
    const found = this.patterns.find(([matcher]) => matcher.test(instrument))
    const spec = found?.[1] ?? PLAIN_INSTRUMENT
    if (this.known.size >= MOST_REMEMBERED) this.known.clear()
    this.known.set(instrument, spec)
    return spec
  }
}

/** Bound of the look-up cache: names also come from users of the API. */
const MOST_REMEMBERED = 100_000

/** A regular expression for a pattern; `*` matches any text. */
export function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'su')
}
