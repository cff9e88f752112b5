import { join } from 'node:path'
import type { TakeBack } from '../account/registration.ts'
import { tokenSource } from '../brokers/credentials.ts'
import { httpBroker, type Oddities } from '../brokers/http.ts'
import { openPaperAccount } from '../brokers/paper-account.ts'
import type { VenueBroker } from '../brokers/venue/account.ts'
import { binanceBroker } from '../brokers/venue/binance/options.ts'
import { bybitBroker } from '../brokers/venue/bybit/options.ts'
import { okxBroker } from '../brokers/venue/okx/options.ts'
import type { AdapterRun } from '../brokers/venue/options.ts'
import type { VenuePlace } from '../brokers/venue/public.ts'
import { brokerSchema } from '../config/broker-schema.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { VenueKind } from '../domain/venue-kind.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { Registered } from '../ports/state-repository.ts'
import { machineTimers } from './machine-timers.ts'
import { pluginBroker } from './plugins.ts'

export interface BrokerOfOptions {
  readonly config: Pick<ServiceConfig, 'broker' | 'dataFolder'>
  readonly quotes: Quotes
  /** `steady`: epoch ms without jumps, by which orders state their deadlines; default: `now`. */
  readonly clock: Clock & { steady?(): number }
  /** Forgets the demo account. */
  readonly fresh: boolean
  /** Called for each oddity in an answer that was corrected or ignored, such as an unreadable `Retry-After`. */
  onOddity(kind: keyof Oddities): void
}

/** The configured broker, and what only a simulated account needs. */
export interface ChosenBroker {
  readonly broker: Broker
  /** Puts a new position into a simulated account; a real one holds it already. Returns the function that undoes it. */
  deposit(registered: Registered): Promise<TakeBack>
  /** Puts so many more units of a position into a simulated account. */
  grow(registered: Registered, more: number): Promise<void>
  /** Removes deposits of a simulated account for generations that the store does not know: a process died in between. */
  withdrawUnknown(isKnown: (id: PositionId, generation: number) => boolean): Promise<void>
  /** Called after each tick: orders of a simulated account may wait for a price. Absent: none do. */
  readonly priced?: ((instrument: InstrumentId) => Promise<void> | undefined) | undefined
}

/** Opens the configured broker. */
export function brokerOf({
  config,
  quotes,
  clock,
  fresh,
  onOddity,
}: BrokerOfOptions): ChosenBroker {
  const now = (): number => clock.now()
  switch (config.broker.kind) {
    case 'paper': {
      const folder = join(config.dataFolder, 'paper')
      const account = openPaperAccount({
        folder,
        quotes,
        fresh,
        now,
        delayMs: config.broker.delayMs,
      })
      return {
        broker: account,
        deposit: async ({ position, generation }) => {
          const isNew = await account.deposit(position, generation)
          return async () => {
            if (isNew) await account.withdraw(position, generation)
          }
        },
        grow: ({ position, generation }, more) => account.grow(position, generation, more),
        withdrawUnknown: async isKnown => void (await account.withdrawUnknown(isKnown)),
        priced: instrument => account.priced(instrument),
      }
    }
    case 'http':
      return real(httpBrokerOf(config.broker, { clock, onOddity }))
    case 'plugin':
      return real(pluginBroker(config.broker))
    case 'binance':
    case 'bybit':
    case 'okx':
      return real(venueBrokerOf(config.broker, { onOddity, timers: machineTimers, clock }))
  }
}

/** A broker behind HTTP, with the source of its token. */
export function httpBrokerOf(
  given: Extract<ServiceConfig['broker'], { readonly kind: 'http' }>,
  { clock, onOddity }: Pick<BrokerOfOptions, 'clock' | 'onOddity'>,
): Broker {
  const now = (): number => clock.now()
  const { token, tokenFile, tokenCommand, tokenExpiresAt } = given
  const source = tokenSource(
    {
      ...(token !== undefined && { token }),
      ...(tokenExpiresAt !== undefined && { tokenExpiresAt: Date.parse(tokenExpiresAt) }),
      ...(tokenFile !== undefined && { tokenFile }),
      ...(tokenCommand !== undefined && { tokenCommand }),
    },
    { now, monotonic: () => clock.monotonic() },
  )
  return httpBroker({
    url: given.url,
    capabilities: given.capabilities,
    openOrders: given.openOrders,
    stream: given.stream,
    instruments: given.instruments,
    account: given.account,
    time: given.time,
    connectTimeoutMs: given.connectTimeoutMs,
    timeoutMs: given.timeoutMs,
    answerBytes: given.answerBytes,
    longestRetryAfterMs: given.longestRetryAfterMs,
    longestBanMs: given.longestBanMs,
    token: source,
    now,
    steady: () => clock.steady?.() ?? clock.now(),
    onOddity,
  })
}

/** The configuration of an account at a venue. */
export type VenueConfig = Extract<ServiceConfig['broker'], { readonly kind: VenueKind }>

/** A broker at the configured venue. */
export function venueBrokerOf(config: VenueConfig, run: AdapterRun = {}): VenueBroker {
  switch (config.kind) {
    case 'binance':
      return binanceBroker(config, run)
    case 'bybit':
      return bybitBroker(config, run)
    case 'okx':
      return okxBroker(config, run)
  }
}

/** What of a venue is read without an account. */
export type PublicVenue = Pick<VenueBroker, 'quotes' | 'instruments' | 'time' | 'close'>

/** The public data of a venue: none of these requests is signed, and the key is none. */
export function publicVenueOf({ kind, environment, url }: VenuePlace, clock?: Clock): PublicVenue {
  const none = 'none'
  const given = { kind, environment, key: none, secret: none, passphrase: none }
  const config = brokerSchema.parse({ ...given, ...(url !== undefined && { url }) })
  return venueBrokerOf(config as VenueConfig, clock && { clock })
}

/** A real account holds what its positions say already, and fills orders by itself. */
const real = (broker: Broker): ChosenBroker => ({
  broker,
  deposit: () => Promise.resolve(() => Promise.resolve()),
  grow: () => Promise.resolve(),
  withdrawUnknown: () => Promise.resolve(),
})
