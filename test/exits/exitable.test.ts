import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { InstrumentTable } from '../../src/domain/instrument.ts'
import type { VenueInstrument } from '../../src/domain/venue-facts.ts'
import {
  accountExitable,
  positionExitable,
  type AccountStanding,
  type PositionStanding,
} from '../../src/exits/exitable.ts'
import { aPosition } from '../support/builders.ts'

const NOW = 1_000_000
const closed = (group: string) => ({ group, isClosed: true, isBanned: false, retryInMs: 0 })

const accountWith = (changes: Partial<AccountStanding>) =>
  accountExitable({
    now: NOW,
    killSwitch: 'off',
    isUnconfirmed: false,
    secondGuardOrders: 0,
    isStoreWritable: true,
    credentials: undefined,
    isUnauthorized: false,
    permissions: undefined,
    otherMode: undefined,
    breakers: [closed('orders'), closed('account')],
    budgetWaitMs: 0,
    isAnswered: true,
    ...changes,
  })

const NO_PERMISSIONS = {
  trade: undefined,
  withdraw: undefined,
  isAddressBound: undefined,
  expiresAt: undefined,
}

describe('Whether an account is exitable', () => {
  const cases: readonly [string, Partial<AccountStanding>, string][] = [
    ['the kill switch is halt', { killSwitch: 'halt' }, 'no'],
    ['the store refuses writes', { isStoreWritable: false }, 'no'],
    ['the holdings are not confirmed', { isUnconfirmed: true }, 'no'],
    ['orders of a second guard work', { secondGuardOrders: 1 }, 'no'],
    ['the limit on calls is used up', { budgetWaitMs: 60_001 }, 'no'],
    ['the credentials have ended', { credentials: { kind: 'usable', expiresAt: NOW } }, 'no'],
    ['the credentials cannot be read', { credentials: { kind: 'unreadable', why: 'x' } }, 'no'],
    ['the key has ended', { permissions: { ...NO_PERMISSIONS, expiresAt: NOW } }, 'no'],
    ['the broker refused the credentials', { isUnauthorized: true }, 'no'],
    ['the key may not trade', { permissions: { ...NO_PERMISSIONS, trade: false } }, 'no'],
    ['the mode is another one', { otherMode: { found: 'hedge', expected: 'one-way' } }, 'no'],
    [
      'the venue has banned the orders',
      { breakers: [{ group: 'orders', isClosed: false, isBanned: true, retryInMs: 9_000 }] },
      'no',
    ],
    [
      'a person has opened a breaker',
      { breakers: [{ group: 'orders', isClosed: false, isBanned: false, retryInMs: Infinity }] },
      'no',
    ],
    [
      'a breaker is open',
      { breakers: [{ group: 'account', isClosed: false, isBanned: false, retryInMs: 10 }] },
      'unknown',
    ],
    ['the broker has answered nothing', { isAnswered: false }, 'unknown'],
    ['nothing speaks against it', {}, 'yes'],
    [
      'the end is ahead and the venue reports no permission',
      { credentials: { kind: 'usable', expiresAt: NOW + 1 }, permissions: NO_PERMISSIONS },
      'yes',
    ],
  ]
  for (const [what, changes, kind] of cases) {
    it(`is ${kind} while ${what}`, () => {
      expect(accountWith(changes).kind).to.equal(kind)
    })
  }
})

const ACME = instrumentId('ACME')
const spec = new InstrumentTable().of(ACME)
const LISTED: VenueInstrument = {
  instrument: ACME,
  isTrading: true,
  multiplier: 1,
  lot: 0.1,
  tickSize: 0.1,
  minQuantity: 0.1,
  maxQuantity: undefined,
  minNotional: undefined,
  reduceOnlyExempt: true,
  currency: 'USD',
}

const positionWith = (changes: Partial<PositionStanding>) =>
  positionExitable({
    position: aPosition({ instrument: ACME }),
    quantity: 2,
    spec,
    price: 100,
    listed: LISTED,
    isReduceOnly: false,
    isLimit: false,
    held: 2,
    reserved: 0,
    ...changes,
  })

describe('Whether a position is exitable', () => {
  const cases: readonly [string, Partial<PositionStanding>, string][] = [
    ['the list of the venue lacks its instrument', { listed: 'absent' }, 'unknown'],
    ['its instrument does not trade', { listed: { ...LISTED, isTrading: false } }, 'no'],
    ['it is less than a lot', { spec: { ...spec, lot: 5 } }, 'no'],
    ['it is less than the smallest order', { spec: { ...spec, minQuantity: 3 } }, 'no'],
    ['it is worth less than the smallest order', { spec: { ...spec, minOrderValue: 201 } }, 'no'],
    ['its holding is not known', { held: undefined }, 'unknown'],
    ['the limit of its order has no price', { isLimit: true, price: undefined }, 'unknown'],
    ['an order at market needs no price', { price: undefined }, 'yes'],
    ['nothing of it is held', { held: 0 }, 'no'],
    ['the other side is held', { held: -2 }, 'no'],
    ['orders of others reserve a part of it', { held: 3, reserved: 1.5 }, 'no'],
    ['orders of others leave enough', { held: 4, reserved: 2 }, 'yes'],
    ['orders are reduce-only and reserve nothing', { reserved: 2, isReduceOnly: true }, 'yes'],
    [
      'small reduce-only orders are exempt',
      { isReduceOnly: true, spec: { ...spec, minOrderValue: 201, reduceOnlyExempt: true } },
      'yes',
    ],
    ['the venue was not asked for its instruments', { listed: undefined }, 'yes'],
    ['a short is held', { position: aPosition({ side: 'short' }), held: -2 }, 'yes'],
  ]
  for (const [what, changes, kind] of cases) {
    it(`is ${kind} while ${what}`, () => {
      expect(positionWith(changes).kind).to.equal(kind)
    })
  }
})
