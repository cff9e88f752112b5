import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { HandTrade } from '../support/broker-server/script.ts'
import { environmentOf, reportOf, type Emulated } from './emulated.ts'
import { CALL_MS, type Plan } from './plan.ts'
import { placeOf, type CrashVenue } from './venues.ts'

/** A position of the account. */
export interface Held {
  readonly id: string
  readonly instrument: string
  readonly side: 'long' | 'short'
  readonly quantity: number
  readonly product?: string
  readonly entryPrice: number
  readonly rules: Readonly<Record<string, unknown>>
}

/** Alone in its holding; a person halves it, and opens its id again. */
export const ALONE = { id: 'alone', instrument: 'BTCUSD', quantity: 4 }

/** What the times of positions depend on. */
type Timed = Pick<Plan, 'isHalved'> & Partial<Pick<Plan, 'venue' | 'hostility' | 'net'>>

const NET_RULE = { net: { beyondPct: 1, minMovePct: 0.1, everyMs: 1_000 } }
/** What is bought during an exit has a net as well: its time is long enough for one. */
const WITH_NET = { trailingStop: { distancePct: 5 }, maxHold: { ms: 3_000 }, ...NET_RULE }

/** A process has asked for every holding so soon after its start, ms. */
const KNOWN_MS = 4_000

/**
 * Every position must be exited by its time, whatever prices do. Two share a holding. The feed
 * moves far enough meanwhile to move their ratchets. Quantities can be halved twice, down to one
 * unit.
 */
export function positionsOf({ isHalved, venue, hostility, net = null }: Timed): readonly Held[] {
  const product = productOf(venue)
  const long = { ...product, instrument: 'BTCUSD', side: 'long', entryPrice: 92_400 } as const
  const short = { ...product, instrument: 'GLOBEX', side: 'short', entryPrice: 47.8 } as const
  // Where the venue proves less to the next process, the first one knows the holding before it decides.
  const provesLess = (hostility?.shrunk ?? null) !== null || venue?.quirks?.forgets !== undefined
  const laterMs = provesLess || net !== null ? KNOWN_MS : 0
  const rules = (ms: number) => ({
    trailingStop: { distancePct: 5 },
    maxHold: { ms: ms + laterMs },
    ...(net !== null && NET_RULE),
  })
  return [
    // A person halves it before its time is over.
    { ...long, ...ALONE, rules: rules(isHalved ? 2_500 : 700) },
    { ...short, id: 'first', quantity: 4, rules: rules(500) },
    { ...short, id: 'second', quantity: 4, rules: rules(900) },
  ]
}

const productOf = (venue: CrashVenue | undefined): Pick<Held, 'product'> =>
  venue?.quirks?.product === undefined ? {} : { product: venue.quirks.product }

/** What is bought during the exit of `alone`, of the same instrument. */
const MORE: Held = {
  ...ALONE,
  id: 'more',
  side: 'long',
  entryPrice: 92_400,
  rules: { maxHold: { ms: 600 } },
}

const ADOPTED_ID = `adopted-${ALONE.instrument}`

/** The position of that purchase: posted, or adopted by the service. */
export const moreOf = ({
  venue,
  hostility,
  net,
}: Pick<Plan, 'hostility' | 'venue' | 'net'>): Held => ({
  ...MORE,
  ...productOf(venue),
  ...(net !== null && { rules: WITH_NET }),
  ...(hostility.course === 'adopted' && { id: ADOPTED_ID }),
})

/** What is bought, or sold short, before the guard starts. */
export const handsOf = (venue: CrashVenue): readonly HandTrade[] => [
  { instrument: 'BTCUSD', quantity: 4, ...placeOf(venue, 'long') },
  { instrument: 'GLOBEX', quantity: -8, ...placeOf(venue, 'short') },
  ...(venue.quirks?.beside ?? []),
]

/** What a configuration is made of. */
type Claimed = Pick<Plan, 'venue' | 'seed' | 'hostility' | 'net'> & {
  readonly url: string
  /** How long the venue finds orders, as the configuration says it; null: for ever. */
  readonly lookupKeeps?: string | null
}

/** Writes the files that the command is started with; returns its arguments. */
export function writeFiles(
  folder: string,
  plan: Plan,
  at: Pick<Claimed, 'url' | 'lookupKeeps'>,
): readonly string[] {
  const positions = join(folder, 'positions.json')
  // Their time may be over before the first price arrives: that is intended.
  const entries = positionsOf(plan).map(each => ({ ...each, exitNow: true }))
  writeFileSync(positions, JSON.stringify({ positions: entries }))
  const { emulated } = plan.venue
  if (emulated) writeFileSync(join(folder, REPORT), JSON.stringify(reportOf(emulated)))
  const config = writeConfig(folder, { ...plan, ...at })
  const data = join(folder, 'data')
  return ['--config', config, '--positions', positions, '--data', data, '--port', '0']
}

/** Writes what the configuration claims of a venue; gives the file. */
export function writeConfig(folder: string, claimed: Claimed): string {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, stringify(configOf(claimed, folder)))
  return file
}

/** What no position names is adopted once everything shows that may explain it. */
const adoption = (visibilityMs: number, hasNets: boolean, reconcileMs: number) => ({
  adopt: 'rules',
  instruments: [ALONE.instrument],
  defaultRules: hasNets ? WITH_NET : MORE.rules,
  // A list may lag by a second, and be as old as the time between two.
  adoptAfterMs: 3 * visibilityMs + 1_000 + 2 * reconcileMs,
})

/** Lot of the venue, which the guard knows; null: any quantity is executed. */
export const lotOf = ({ seed, hostility }: Pick<Plan, 'seed' | 'hostility'>): number | null =>
  hostility.doesDrift && seed % 2 === 0 ? 1 : null

/** What the venue is taken to have measured. */
const REPORT = 'venue-report.json'
/** The weight of the lists of a venue does not allow more. */
const VENUE_RECONCILE_MS = 1_000

/** The section of an account at an emulated venue. */
const venueBroker = (emulated: Emulated, url: string, folder: string) => ({
  kind: emulated.kind,
  environment: environmentOf(emulated),
  positionMode: emulated.mode,
  report: join(folder, REPORT),
  url,
  // A look-up at Bybit is three requests, one after the other.
  callTimeoutMs: 3 * CALL_MS,
})

function configOf(
  { venue, seed, hostility, net, url, lookupKeeps = null }: Claimed,
  folder: string,
) {
  const lot = lotOf({ seed, hostility })
  const isLimitOnly = venue.capabilities.styles?.includes('market') === false
  const style = isLimitOnly
    ? { kind: 'marketable-limit', bandPct: 1, escalateMs: 400 }
    : { kind: 'market' }
  const { maxQuantity } = venue.quirks ?? {}
  const spec = { ...(lot !== null && { lot }), ...(maxQuantity !== undefined && { maxQuantity }) }
  // Where orders cannot be queried, only the list shows that one is not working any more.
  const { lookup, reduceOnly } = venue.capabilities
  const isOrphaned = net?.act === 'lies beside an orphan'
  const mustList = lookup === 'none' || isOrphaned || (net !== null && !reduceOnly)
  const openOrders = mustList || seed % 3 !== 0
  const reconcileMs = venue.emulated === undefined ? 200 : VENUE_RECONCILE_MS
  const breaker = { openMs: 100, exitOpenMs: 50, maxOpenMs: 200 }
  return {
    positions: 'positions.json',
    cycleMs: 50,
    broker:
      venue.emulated === undefined
        ? {
            kind: 'http',
            url,
            token: 'test-token',
            openOrders,
            capabilities: {
              ...venue.capabilities,
              ...(lookupKeeps !== null && { lookupKeeps }),
              ...(net !== null && { restingStop: net.restingStop }),
            },
            callTimeoutMs: CALL_MS,
          }
        : venueBroker(venue.emulated, url, folder),
    acceptUnprovable: venue.isUnprovable,
    instruments: { BTCUSD: spec, GLOBEX: spec },
    gateway: {
      breakers: { orders: breaker, account: breaker, quotes: breaker },
      throttle: { startRate: 1_000, maxRate: 1_000 },
    },
    exits: { workingMs: 400, retryMs: 50, maxRetryMs: 200, closedMarketRetryMs: 200, style },
    holdings: {
      reconcileMs,
      confirm: hostility.course === 'restored',
      ...(hostility.course === 'adopted' &&
        adoption(venue.capabilities.visibilityMs, net !== null, reconcileMs)),
    },
    feed: { intervalMs: 50, seed, acceptSimulated: true },
  }
}
