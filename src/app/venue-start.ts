import { checkedBroker } from '../brokers/checked.ts'
import type { Permissions, PositionMode, VenueBroker } from '../brokers/venue/account.ts'
import type { VenueInstrument } from '../brokers/venue/instrument.ts'
import { isNameAt, meantAt } from '../brokers/venue/notation.ts'
import { accountsOf } from '../config/accounts.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { type InstrumentSpec, type InstrumentTable } from '../domain/instrument.ts'
import { VENUE_KINDS } from '../domain/venue-kind.ts'
import { InputError } from '../errors.ts'
import { httpBrokerOf, publicVenueOf, venueBrokerOf, type VenueConfig } from './open-broker.ts'

/** What was read at the venue of an account before it is guarded. */
export interface VenueFacts {
  readonly instruments: readonly VenueInstrument[]
  /** What could not be read, and why. */
  readonly unread: readonly string[]
}

export { isNameAt, meantAt } from '../brokers/venue/notation.ts'

export const isVenue = (broker: ServiceConfig['broker']): broker is VenueConfig =>
  VENUE_KINDS.some(each => each === broker.kind)

/**
 * Reads the position mode, the instruments and the permissions of an account. A venue that cannot be reached
 * holds nothing up: what is held must be guarded. Throws InputError (POSITION_MODE) where the account is in
 * the other mode, as no order of ours would be taken there, and (WITHDRAWALS) where the key may withdraw.
 */
export async function readVenue(config: ServiceConfig['broker']): Promise<VenueFacts> {
  if (config.kind === 'http') return readServer(config)
  if (!isVenue(config)) return { instruments: [], unread: [] }
  const broker = venueBrokerOf(config)
  try {
    return await readAccount(broker, config)
  } finally {
    await broker.close()
  }
}

/** Reads the instruments of a broker behind HTTP, where it lists them. */
async function readServer(
  config: Extract<ServiceConfig['broker'], { readonly kind: 'http' }>,
): Promise<VenueFacts> {
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const server = httpBrokerOf(config, { clock, onOddity: () => undefined })
  const broker = checkedBroker(server, () => undefined)
  try {
    const signal = AbortSignal.timeout(config.callTimeoutMs)
    return { instruments: (await broker.instruments?.(signal)) ?? [], unread: [] }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { instruments: [], unread: [`instruments: ${why}`] }
  } finally {
    await broker.close()
  }
}

async function readAccount(broker: VenueBroker, config: VenueConfig): Promise<VenueFacts> {
  const unread: string[] = []
  const read = async <T>(what: string, ask: (signal: AbortSignal) => Promise<T>) => {
    try {
      return await ask(AbortSignal.timeout(config.callTimeoutMs))
    } catch (error) {
      unread.push(`${what}: ${textOf(error)}`)
      return undefined
    }
  }
  const [mode, instruments = [], permissions] = await Promise.all([
    read('position mode', signal => broker.positionMode(signal)),
    read('instruments', signal => broker.instruments(signal)),
    read('permissions', signal => broker.permissions(signal)),
  ])
  if (mode !== undefined) assertMode(mode, config)
  assertNarrow(permissions, config)
  return { instruments, unread }
}

/** @throws InputError (POSITION_MODE) where the account is in another mode than the configured one. */
export function assertMode(
  mode: PositionMode,
  { kind, positionMode }: Pick<VenueConfig, 'kind' | 'positionMode'>,
): void {
  if (mode === positionMode) return
  throw new InputError(`the account at ${kind}`, [
    {
      code: 'POSITION_MODE',
      path: 'broker.positionMode',
      found: `${positionMode}, and the account is in ${mode} mode`,
      expected: `${mode}, or the account set to ${positionMode} at the venue`,
    },
  ])
}

/** @throws InputError (WITHDRAWALS) where the key is known to withdraw and the configuration does not accept that. */
export function assertNarrow(
  permissions: Pick<Permissions, 'withdraw'> | undefined,
  { kind, acceptWithdrawals }: Pick<VenueConfig, 'kind' | 'acceptWithdrawals'>,
): void {
  if (permissions?.withdraw !== true || acceptWithdrawals) return
  throw new InputError(`the account at ${kind}`, [
    {
      code: 'WITHDRAWALS',
      path: 'broker.acceptWithdrawals',
      found: 'false, and the key may withdraw',
      expected: 'a key that may not withdraw, or true',
    },
  ])
}

/** The same for the public data of the venue that a paper account takes its prices from. */
export async function readPublicVenue({
  broker,
  feed,
}: Pick<ServiceConfig, 'broker' | 'feed'>): Promise<VenueFacts> {
  if (broker.kind !== 'paper' || feed.kind !== 'venue') return { instruments: [], unread: [] }
  const venue = publicVenueOf(feed.venue!)
  try {
    const instruments = await venue.instruments(AbortSignal.timeout(broker.callTimeoutMs))
    return { instruments, unread: [] }
  } catch (error) {
    return { instruments: [], unread: [`instruments: ${textOf(error)}`] }
  } finally {
    await venue.close()
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The configured instruments; what the configuration does not say of one is as the venue fixes it. */
export function instrumentsAt(
  configured: InstrumentTable,
  facts: readonly VenueInstrument[],
): InstrumentTable {
  return facts.length === 0 ? configured : configured.with(specsAt(configured, facts))
}

/** The specifications of the venue's instruments; what the configuration states of one takes precedence. */
export function specsAt(
  configured: InstrumentTable,
  facts: readonly VenueInstrument[],
): ReadonlyMap<InstrumentId, InstrumentSpec> {
  const merged = facts.map((at): [InstrumentId, InstrumentSpec] => {
    const own = configured.of(at.instrument)
    const spec: InstrumentSpec = {
      ...own,
      multiplier: own.multiplier === 1 ? at.multiplier : own.multiplier,
      lot: own.lot ?? at.lot,
      minQuantity: own.minQuantity ?? at.minQuantity,
      maxQuantity: own.maxQuantity ?? at.maxQuantity,
      minOrderValue: own.minOrderValue ?? at.minNotional,
      reduceOnlyExempt:
        own.minOrderValue === undefined ? at.reduceOnlyExempt : own.reduceOnlyExempt === true,
      tickSize: own.tickSize ?? at.tickSize,
      currency: own.currency ?? at.currency,
    }
    return [at.instrument, spec]
  })
  return new Map(merged)
}

/** Names of contracts that are margined in coins, at each venue and in other notations. */
const COIN_MARGINED = /[A-Z\d][-_/]?USD(?:[-_](?:SWAP|PERP|\d{6}))?$/

/** The guess at what was meant by a name that is none of a venue: the end of a message. */
export function guessAt(kind: VenueConfig['kind'], name: string): string {
  const meant = meantAt(kind, name)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

/** A line for each instrument whose name is not one of the venue, with a guess at what was meant. */
export function notationWarnings(
  { broker, feed }: Pick<ServiceConfig, 'broker' | 'feed'>,
  instruments: Iterable<string>,
): readonly string[] {
  const kind = isVenue(broker) ? broker.kind : feed.kind === 'venue' ? feed.venue?.kind : undefined
  if (kind === undefined) return []
  return [...new Set(instruments)].flatMap(name => {
    if (COIN_MARGINED.test(name) && (kind !== 'okx' || isNameAt(kind, name))) {
      const what =
        kind === 'okx' ? 'rules in percent of money do not fit' : `it is not guarded at ${kind}`
      return [`instrument ${name}: margined in coins, so that ${what}`]
    }
    if (isNameAt(kind, name)) return []
    return [`instrument ${name}: no name of ${kind}${guessAt(kind, name)}`]
  })
}

/** The same for the positions of a file, at the venue of the account that guards each. */
export const entryWarnings = (
  config: ServiceConfig,
  entries: readonly PositionEntry[],
): readonly string[] =>
  accountsOf(config).all.flatMap(({ name, config: own }) => {
    const guarded = entries.filter(({ guardedIn = name }) => guardedIn === name)
    return notationWarnings(
      own,
      guarded.map(({ position }) => position.instrument),
    )
  })
