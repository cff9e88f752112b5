import type { Permissions, PositionMode } from '../brokers/venue/account.ts'
import type { VenueInstrument } from '../brokers/venue/instrument.ts'
import { credentialsOf, KeyUnreadable } from '../brokers/venue/key.ts'
import { keyOf } from '../brokers/venue/options.ts'
import type { Tick } from '../domain/tick.ts'
import { Unauthorized } from '../errors.ts'
import { credentialsEnd } from '../exits/exitable.ts'
import type { Holding, OpenOrder } from '../ports/broker.ts'
import { venueBrokerOf, type VenueConfig } from './open-broker.ts'

/** What is found at a venue by reading alone. */
export interface Inspection {
  /** How far the venue's clock is ahead of this machine's, ms. */
  readonly clockOffsetMs: number
  readonly permissions: Permissions
  readonly mode: PositionMode
  readonly holdings: readonly Holding[]
  readonly orders: readonly OpenOrder[]
  /** Of what is held, by its name. */
  readonly prices: ReadonlyMap<string, Tick>
  readonly instruments: ReadonlyMap<string, VenueInstrument>
}

/** Reads an account, whatever its position mode is; throws an error of the broker where it cannot. */
export const inspectVenue = (config: VenueConfig): Promise<Inspection> =>
  guessingKey(config, () => inspect(config))

/** Why the key of a venue cannot be read on this machine; undefined: it can. Sends nothing. */
export function keyFaultOf(config: VenueConfig): string | undefined {
  const key = credentialsOf(keyOf(config))
  return key.kind === 'unreadable' ? key.why : undefined
}

/**
 * Calls a venue.
 *
 * @throws Unauthorized with a guess where the venue does not take the key; every other error as it is.
 */
export async function guessingKey<T>(
  { kind, environment }: Pick<VenueConfig, 'kind' | 'environment'>,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof Unauthorized) || error instanceof KeyUnreadable) throw error
    const guess = `is it a key of ${kind} ${environment}, complete, and may it be used from the address of this machine?`
    throw new Unauthorized(`${error.message}; ${guess}`, { cause: error })
  }
}

async function inspect(config: VenueConfig): Promise<Inspection> {
  const signal = AbortSignal.timeout(4 * config.callTimeoutMs)
  const first = venueBrokerOf(config)
  let mode: PositionMode
  try {
    mode = await first.positionMode(signal)
  } finally {
    await first.close()
  }
  const broker = venueBrokerOf({ ...config, positionMode: mode })
  try {
    const { aheadMs: clockOffsetMs } = await broker.time(signal)
    const permissions = await broker.permissions(signal)
    const expiresAt = credentialsEnd(broker.credentials?.(), permissions)
    const holdings = await broker.holdings(signal)
    const orders = await broker.openOrders(signal)
    const held = [...new Set(holdings.map(({ instrument }) => instrument))]
    const prices = await broker.quotes(held, signal)
    const instruments = await broker.instruments(signal)
    return {
      clockOffsetMs,
      permissions: { ...permissions, expiresAt },
      mode,
      holdings,
      orders,
      prices: new Map(prices.map(tick => [tick.instrument, tick])),
      instruments: new Map(instruments.map(each => [each.instrument, each])),
    }
  } finally {
    await broker.close()
  }
}
