import { counted, draft, type Draft, type Trouble } from './checks.ts'

/** Findings of a monitoring cycle about exits and holdings. */
export interface AccountFacts {
  /** The venue cannot prove that an exit is sent once only. */
  readonly isUnprovable: boolean
  /** Nothing is sent before a person has confirmed the holdings. */
  readonly isUnconfirmed: boolean
  /** Exits that were refused again and again. */
  readonly stuckExits: readonly Trouble[]
  /** Exits about which the venue reported something impossible. */
  readonly faultyExits: readonly Trouble[]
  /** Exits whose order id the venue knows from an order that this store did not send. */
  readonly foreignExits: readonly Trouble[]
  /** Exits whose order outcome has been unknown for longer than `loudAfterMs`. */
  readonly unprovedExits: readonly Trouble[]
  /** Released positions whose order has not ended for long. */
  readonly releasedOrders: readonly Trouble[]
  /** Orders of ended exits that have worked at the broker for long. */
  readonly lateOrders: readonly Trouble[]
  /** Exits that have waited long for an answer about their holding. */
  readonly unverifiedExits: readonly Trouble[]
  /** Positions without an account, where others name theirs. */
  readonly withoutAccount: readonly Trouble[]
  /** Exits that wait for a market to open. */
  readonly waitingForMarket: readonly Trouble[]
  /** Exits that are worth less than the smallest order. */
  readonly belowMinimum: readonly Trouble[]
  /** Exits whose limit waits for a price. */
  readonly priceless: readonly Trouble[]
  /** Working orders with ids of this service that this store did not send. */
  readonly secondGuardOrders: readonly Trouble[]
  /** Holdings on the wrong side of zero. */
  readonly oversold: readonly Trouble[]
  /** Holdings whose quantity has been unknown for long, or since the start. */
  readonly unknownHoldings: readonly Trouble[]
  /**
   * Errors that concerned one position or holding alone, and have not been followed by a success.
   */
  readonly faults: readonly Trouble[]
  /** Holdings that no position owns. */
  readonly unowned: readonly Trouble[]
}

/** Checks exits and holdings: what only a person can settle is `fail`. */
export const accountChecks = (facts: AccountFacts): Record<string, Draft> => ({
  'exits:stuck': counted('component', facts.stuckExits, 'fail'),
  'exits:faulty-answers': counted('component', facts.faultyExits, 'fail'),
  'exits:foreign-order': counted('component', facts.foreignExits, 'fail'),
  'exits:isolated-faults': counted('component', facts.faults, 'fail'),
  'exits:unproved': counted('component', facts.unprovedExits, 'fail'),
  'exits:released-orders': counted('component', facts.releasedOrders, 'fail'),
  'exits:late-orders': counted('component', facts.lateOrders, 'fail'),
  'exits:unverified': counted('component', facts.unverifiedExits, 'fail'),
  'positions:accounts': counted('component', facts.withoutAccount, 'fail'),
  'exits:waiting-for-market': counted('component', facts.waitingForMarket, 'warn'),
  'exits:below-minimum': counted('component', facts.belowMinimum, 'warn'),
  'exits:priceless': counted('component', facts.priceless, 'warn'),
  'broker:second-guard': counted('component', facts.secondGuardOrders, 'fail'),
  'broker:unprovable': {
    ...draft('component', facts.isUnprovable, facts.isUnprovable ? 'warn' : 'pass'),
    ...(facts.isUnprovable && { output: 'nothing proves that an exit is made only once' }),
  },
  'holdings:unconfirmed': {
    ...draft('component', facts.isUnconfirmed, facts.isUnconfirmed ? 'fail' : 'pass'),
    ...(facts.isUnconfirmed && { output: 'nothing is sent before a person has confirmed them' }),
  },
  'holdings:oversold': counted('component', facts.oversold, 'fail'),
  'holdings:unknown': counted('component', facts.unknownHoldings, 'warn'),
  'holdings:unowned': counted('component', facts.unowned, 'warn'),
})
