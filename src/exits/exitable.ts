import type { InstrumentSpec } from '../domain/instrument.ts'
import { signOf, type Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { Credentials, Permissions, VenueInstrument } from '../domain/venue-facts.ts'
import type { KillSwitchState } from './kill-switch.ts'
import { orderable } from './quantity.ts'
import { belowMinimum } from './smallest-order.ts'

/** Whether an exit could be carried out now; `unknown`: what would prove it was not answered. */
export type Exitable =
  | { readonly kind: 'yes' }
  | { readonly kind: 'no' | 'unknown'; readonly why: string }

/** An exit could be carried out now. */
export const EXITABLE: Exitable = { kind: 'yes' }

const no = (why: string): Exitable => ({ kind: 'no', why })
const unknown = (why: string): Exitable => ({ kind: 'unknown', why })

/** A circuit breaker, as far as it decides whether an order may leave. */
export interface BreakerStanding {
  readonly group: string
  readonly isClosed: boolean
  readonly isBanned: boolean
  /** Ms; Infinity: a person opened it. */
  readonly retryInMs: number
}

/** What is known of an account, from answers that came anyway and one question a minute. */
export interface AccountStanding {
  /** Epoch ms. */
  readonly now: number
  readonly killSwitch: KillSwitchState
  readonly isUnconfirmed: boolean
  /** Working orders in our format that this store did not send: nothing is sent while there are any. */
  readonly secondGuardOrders: number
  readonly isStoreWritable: boolean
  /** Undefined where the broker does not say anything about them. */
  readonly credentials: Credentials | undefined
  /** The broker refused the credentials of the last call. */
  readonly isUnauthorized: boolean
  /** Undefined before the venue has reported them. */
  readonly permissions: Permissions | undefined
  /** What is configured and what the venue reported last, where they differ. */
  readonly otherMode: { readonly found: string; readonly expected: string } | undefined
  readonly breakers: readonly BreakerStanding[]
  /** Ms until the published limits let another order leave. */
  readonly budgetWaitMs: number
  /** Whether any call about the account has been answered in this process. */
  readonly isAnswered: boolean
}

/** A longer wait for the budget of calls counts as no budget, ms. */
const LONG_WAIT_MS = 60_000

/** Whether an order of the account could leave and be accepted, as far as no single position decides that. */
export function accountExitable(account: AccountStanding): Exitable {
  return heldBackHere(account) ?? refusedThere(account) ?? notAnswered(account) ?? EXITABLE
}

/** What holds orders back in this process. */
function heldBackHere(account: AccountStanding): Exitable | undefined {
  if (account.killSwitch === 'halt') return no('the kill switch is halt')
  if (!account.isStoreWritable) return no('the store refuses writes')
  if (account.isUnconfirmed) return no('the holdings are not confirmed')
  if (account.secondGuardOrders > 0) return no('orders of a second guard work in the account')
  if (account.budgetWaitMs > LONG_WAIT_MS) {
    return no(`the limit on calls is used up for ${seconds(account.budgetWaitMs)} s`)
  }
  return undefined
}

/** Why the venue would refuse every order. */
function refusedThere(account: AccountStanding): Exitable | undefined {
  const { credentials, permissions, otherMode, now } = account
  if (credentials?.kind === 'unreadable') return no(`credentials: ${credentials.why}`)
  const endsAt = credentialsEnd(credentials, permissions)
  if (endsAt !== undefined && endsAt <= now) return no('the credentials have ended')
  if (account.isUnauthorized) return no('the broker refused the credentials')
  if (permissions?.trade === false) return no('the key may not trade')
  if (otherMode !== undefined) {
    return no(`the account is in ${otherMode.found} mode, and not in ${otherMode.expected} mode`)
  }
  const banned = account.breakers.find(({ isBanned }) => isBanned)
  return banned && no(`${banned.group}: banned for ${seconds(banned.retryInMs)} s`)
}

function notAnswered({ breakers, isAnswered }: AccountStanding): Exitable | undefined {
  const open = breakers.find(({ isClosed }) => !isClosed)
  if (open?.retryInMs === Infinity) return no(`a person has opened the breaker of ${open.group}`)
  if (open !== undefined) return unknown(`the breaker of ${open.group} is open`)
  return isAnswered ? undefined : unknown('the broker has not answered yet')
}

const seconds = (ms: number): number => Math.ceil(ms / 1_000)

/** When the credentials end, epoch ms; undefined: never, or nothing says when. */
export function credentialsEnd(
  credentials: Credentials | undefined,
  permissions: Permissions | undefined,
): number | undefined {
  const ends = [
    credentials?.kind === 'usable' ? credentials.expiresAt : undefined,
    permissions?.expiresAt,
  ].filter(each => each !== undefined)
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** What is known of one position and of what its order would meet. */
export interface PositionStanding {
  readonly position: Pick<Position, 'side' | 'instrument' | 'multiplier' | 'contract'>
  /** Units that are not closed yet. */
  readonly quantity: number
  readonly spec: InstrumentSpec
  /** The last price in its view. */
  readonly price: number | undefined
  /** `absent`: the venue's list lacks it; undefined: no list was read. */
  readonly listed: VenueInstrument | 'absent' | undefined
  /** Orders are reduce-only: resting orders reserve nothing, and small ones may be exempt. */
  readonly isReduceOnly: boolean
  /** Signed units by the last report on its holding; undefined: not known. */
  readonly held: number | undefined
  /** The order would be a limit, which needs a price. */
  readonly isLimit: boolean
  /** Units that orders of others would take from the holding, in the direction of the exit. */
  readonly reserved: number
}

/** Whether an order for all of a position would be accepted, where the account is exitable. */
export function positionExitable(of: PositionStanding): Exitable {
  const { listed, position, held, quantity } = of
  if (listed !== 'absent' && listed?.isTrading === false)
    return no(`${position.instrument} does not trade now`)
  const small = tooSmall(of)
  if (small !== undefined) return no(small)
  if (held === undefined) return unknown('its holding is not known')
  if (of.isLimit && of.price === undefined) return unknown('the limit of its order has no price')
  // A list that was cut short lacks instruments that trade.
  if (listed === 'absent') return unknown(`the venue's list lacks ${position.instrument}`)
  const inDirection = Math.max(0, signOf(position.side) * held)
  if (inDirection === 0) return no('nothing of it is held')
  if (!of.isReduceOnly && leftOf(inDirection, of.reserved) < quantity) {
    return no(`working orders of others reserve ${of.reserved} of it`)
  }
  return EXITABLE
}

/** Why an order for what is left would be too small; undefined: it is large enough. */
function tooSmall({
  quantity,
  spec,
  price,
  isReduceOnly,
  position,
}: PositionStanding): string | undefined {
  if (orderable(quantity, spec) === 0) {
    return `${quantity} is less than the smallest order (${spec.minQuantity ?? spec.lot})`
  }
  const below = belowMinimum({ quantity, price, isReduceOnly, position }, spec)
  return below && `it is worth ${below.value}, less than the smallest order (${below.minimum})`
}
