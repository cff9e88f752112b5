import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { CALL_MS, type Plan } from './plan.ts'

/** A position of the account. */
export interface Held {
  readonly id: string
  readonly instrument: string
  readonly side: 'long' | 'short'
  readonly quantity: number
  readonly entryPrice: number
  readonly rules: Readonly<Record<string, unknown>>
}

/** Alone in its holding; a person halves it, and opens its id again. */
export const ALONE = { id: 'alone', instrument: 'BTCUSD', quantity: 4 }

/** What the times of positions depend on. */
type Timed = Pick<Plan, 'isHalved'> & Partial<Pick<Plan, 'hostility' | 'net'>>

/** A process has asked for every holding so soon after its start, ms. */
const KNOWN_MS = 4_000

/**
 * Every position must be exited by its time, whatever prices do. Two share a holding. The feed
 * moves far enough meanwhile to move their ratchets. Quantities can be halved twice, down to one
 * unit.
 */
export function positionsOf({ isHalved, hostility, net = null }: Timed): readonly Held[] {
  const long = { instrument: 'BTCUSD', side: 'long', entryPrice: 92_400 } as const
  const short = { instrument: 'GLOBEX', side: 'short', entryPrice: 47.8 } as const
  // Where the venue proves less to the next process, the first one knows the holding before it decides.
  const laterMs = (hostility?.shrunk ?? null) === null && net === null ? 0 : KNOWN_MS
  const rules = (ms: number) => ({
    trailingStop: { distancePct: 5 },
    maxHold: { ms: ms + laterMs },
    ...(net !== null && { net: { beyondPct: 1, minMovePct: 0.1, everyMs: 1_000 } }),
  })
  return [
    // A person halves it before its time is over.
    { ...long, ...ALONE, rules: rules(isHalved ? 2_500 : 700) },
    { ...short, id: 'first', quantity: 4, rules: rules(500) },
    { ...short, id: 'second', quantity: 4, rules: rules(900) },
  ]
}

/** What is bought during the exit of `alone`, of the same instrument. */
export const MORE: Held = {
  ...ALONE,
  id: 'more',
  side: 'long',
  entryPrice: 92_400,
  rules: { maxHold: { ms: 600 } },
}

const ADOPTED: Held = { ...MORE, id: `adopted-${ALONE.instrument}` }

/** The position of that purchase: posted, or adopted by the service. */
export const moreOf = ({ hostility }: Pick<Plan, 'hostility'>): Held =>
  hostility.course === 'adopted' ? ADOPTED : MORE

/** What is bought, or sold short, before the guard starts. */
export const HANDS = [
  { instrument: 'BTCUSD', quantity: 4 },
  { instrument: 'GLOBEX', quantity: -8 },
]

/** Writes the files that the command is started with; returns its arguments. */
export function writeFiles(folder: string, plan: Plan, url: string): readonly string[] {
  const positions = join(folder, 'positions.json')
  // Their time may be over before the first price arrives: that is intended.
  const entries = positionsOf(plan).map(each => ({ ...each, exitNow: true }))
  writeFileSync(positions, JSON.stringify({ positions: entries }))
  const config = writeConfig(folder, { ...plan, url })
  const data = join(folder, 'data')
  return ['--config', config, '--positions', positions, '--data', data, '--port', '0']
}

/** Writes what the configuration claims of a venue; gives the file. */
export function writeConfig(
  folder: string,
  claimed: Pick<Plan, 'venue' | 'seed' | 'hostility' | 'net'> & { readonly url: string },
): string {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, stringify(configOf(claimed)))
  return file
}

/** What no position names is adopted once everything shows that may explain it. */
const adoption = (visibilityMs: number) => ({
  adopt: 'rules',
  instruments: [ALONE.instrument],
  defaultRules: ADOPTED.rules,
  adoptAfterMs: 3 * visibilityMs + 1_000,
})

/** Lot of the venue, which the guard knows; null: any quantity is executed. */
export const lotOf = ({ seed, hostility }: Pick<Plan, 'seed' | 'hostility'>): number | null =>
  hostility.doesDrift && seed % 2 === 0 ? 1 : null

function configOf({
  venue,
  seed,
  hostility,
  net,
  url,
}: Pick<Plan, 'venue' | 'seed' | 'hostility' | 'net'> & { readonly url: string }): Record<
  string,
  unknown
> {
  const lot = lotOf({ seed, hostility })
  // Where orders cannot be queried, only the list shows that one is not working any more.
  const { lookup, reduceOnly } = venue.capabilities
  const mustList = lookup === 'none' || (net !== null && !reduceOnly)
  const openOrders = mustList || seed % 3 !== 0
  const breaker = { openMs: 100, exitOpenMs: 50, maxOpenMs: 200 }
  return {
    positions: 'positions.json',
    cycleMs: 50,
    broker: {
      kind: 'http',
      url,
      token: 'test-token',
      openOrders,
      capabilities: {
        ...venue.capabilities,
        ...(net !== null && { restingStop: net.restingStop }),
      },
      callTimeoutMs: CALL_MS,
    },
    acceptUnprovable: venue.isUnprovable,
    ...(lot !== null && { instruments: { BTCUSD: { lot }, GLOBEX: { lot } } }),
    gateway: {
      breakers: { orders: breaker, account: breaker, quotes: breaker },
      throttle: { startRate: 1_000, maxRate: 1_000 },
    },
    exits: { workingMs: 400, retryMs: 50, maxRetryMs: 200, closedMarketRetryMs: 200 },
    holdings: {
      reconcileMs: 200,
      confirm: hostility.course === 'restored',
      ...(hostility.course === 'adopted' && adoption(venue.capabilities.visibilityMs)),
    },
    feed: { intervalMs: 50, seed, acceptSimulated: true },
  }
}
