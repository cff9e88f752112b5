import { counted, draft, type Draft, type Trouble } from './checks.ts'

/** What a monitoring cycle found of exits and holdings. */
export interface AccountFacts {
  /** The venue cannot prove that an exit is sent once only. */
  readonly isUnprovable: boolean
  /** Nothing is sent before a person has confirmed what the account holds. */
  readonly isUnconfirmed: boolean
  /** Exits that were refused again and again. */
  readonly stuckExits: readonly Trouble[]
  /** Exits of which the venue said what cannot be true. */
  readonly faultyExits: readonly Trouble[]
  /** Exits whose order id the venue knows from an order that this store did not send. */
  readonly foreignExits: readonly Trouble[]
  /** Exits of which nobody could tell for long what became of their orders. */
  readonly unprovedExits: readonly Trouble[]
  /** Released positions whose orders nothing has ended for long. */
  readonly releasedOrders: readonly Trouble[]
  /** Exits that wait for long for an answer about their holding. */
  readonly unverifiedExits: readonly Trouble[]
  /** Positions without an account, where others name theirs. */
  readonly withoutAccount: readonly Trouble[]
  /** Exits that wait for a market to open. */
  readonly waitingForMarket: readonly Trouble[]
  /** Exits that are worth less than the smallest order. */
  readonly belowMinimum: readonly Trouble[]
  /** Working orders that look like ours and are not. */
  readonly strangers: readonly Trouble[]
  /** Holdings on the wrong side of zero. */
  readonly oversold: readonly Trouble[]
  /** Holdings whose quantity was not known for long, or not since the start. */
  readonly unknownHoldings: readonly Trouble[]
  /** What threw for one position or holding alone, and has not gone well since. */
  readonly faults: readonly Trouble[]
  /** Holdings that no position owns. */
  readonly unowned: readonly Trouble[]
}

/** Judges exits and holdings: what only a person can settle fails. */
export const accountChecks = (facts: AccountFacts): Record<string, Draft> => ({
  'exits:stuck': counted('component', facts.stuckExits, 'fail'),
  'exits:faulty-answers': counted('component', facts.faultyExits, 'fail'),
  'exits:foreign-order': counted('component', facts.foreignExits, 'fail'),
  'exits:isolated-faults': counted('component', facts.faults, 'fail'),
  'exits:unproved': counted('component', facts.unprovedExits, 'fail'),
  'exits:released-orders': counted('component', facts.releasedOrders, 'fail'),
  'exits:unverified': counted('component', facts.unverifiedExits, 'fail'),
  'positions:accounts': counted('component', facts.withoutAccount, 'fail'),
  'exits:waiting-for-market': counted('component', facts.waitingForMarket, 'warn'),
  'exits:below-minimum': counted('component', facts.belowMinimum, 'warn'),
  'broker:second-guard': counted('component', facts.strangers, 'fail'),
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
