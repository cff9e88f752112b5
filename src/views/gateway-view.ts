import type { CallDesk } from '../calls/call-desk.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { ENDPOINT_GROUPS, type EndpointGroup } from '../domain/venue.ts'
import { InputError } from '../errors.ts'
import type { HealthFacts } from '../observability/health.ts'
import type { GatewayFacts } from '../observability/metrics/facts.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import { disable, forceOpen, metricsOnly, reset } from '../resilience/breaker-hand.ts'
import type { Breaker } from '../resilience/breaker-state.ts'
import { isBannedAt, retryInMs, state } from '../resilience/breaker.ts'
import { LANES, measure } from '../resilience/lanes.ts'
import { calculateAdaptiveThrottle } from '../resilience/throttle.ts'

const ACTS = { 'force-open': forceOpen, disable, 'metrics-only': metricsOnly, reset } as const

/** Breakers, throttles, lanes and the last calls, for the API and the page. */
export function gatewayView(desk: CallDesk, { monotonicMs, now }: Times): GatewayView {
  const wall = (at: number): number => Math.round(now - (monotonicMs - at))
  return {
    breakers: ENDPOINT_GROUPS.map(group => {
      const breaker = desk.gates.breaker(group)
      return {
        group,
        state: state(breaker, monotonicMs),
        retryInMs: finite(retryInMs(breaker, monotonicMs)),
        refused: breaker.refused,
        transitions: breaker.transitions.map(each => ({ ...each, at: wall(each.at) })),
      }
    }),
    limits: desk.limits.map(({ limit, throttle, share, lanes }) => ({
      name: limit.name,
      ...(share && { shared: share.shared }),
      groups: limit.groups,
      rate: throttle.rate,
      intervalMs: calculateAdaptiveThrottle(throttle, desk.load()),
      ceilings: {
        perSecond: limit.perSecond ?? null,
        perMinute: limit.perMinute ?? null,
        perHour: limit.perHour ?? null,
        perDay: limit.perDay ?? null,
      },
      cuts: throttle.cuts.map(cut => ({ ...cut, at: wall(cut.at) })),
      inFlight: lanes.exitsInFlight + lanes.pollsInFlight,
      lanes: LANES.map(lane => ({ lane, ...measure(lanes, lane, monotonicMs) })),
    })),
    calls: desk.history.last,
  }
}

export interface Times {
  readonly monotonicMs: number
  /** Epoch ms. */
  readonly now: number
}

const finite = (ms: number): number | null => (ms === Infinity ? null : ms)

/** Moves a breaker by hand. @throws InputError for an unknown group or act. */
export function moveBreaker(desk: CallDesk, group: string, act: string): EndpointGroup {
  const known = ENDPOINT_GROUPS.find(each => each === group)
  const change = Object.entries(ACTS).find(([name]) => name === act)?.[1]
  if (known === undefined) throw unknown('group', group, ENDPOINT_GROUPS)
  if (change === undefined) throw unknown('act', act, Object.keys(ACTS))
  desk.handle(known, change)
  return known
}

const unknown = (path: string, found: string, known: readonly string[]): InputError =>
  new InputError('the path', [{ path, found, expected: expectedWord(found, known) }])

/** The same for a scrape. */
export const gatewayFacts = (
  desk: CallDesk,
  monotonicMs: number,
  account?: string,
): GatewayFacts => ({
  account,
  breakers: ENDPOINT_GROUPS.map(group => {
    const breaker = desk.gates.breaker(group)
    return { account, group, state: state(breaker, monotonicMs), refused: breaker.refused }
  }),
  throttles: desk.limits.map(({ limit, throttle, lanes }) => ({
    account,
    limit: limit.name,
    rate: throttle.rate,
    ceiling: limit.perSecond,
    intervalMs: calculateAdaptiveThrottle(throttle, desk.load()),
    isFrozen: throttle.isFrozen,
    inFlight: lanes.exitsInFlight + lanes.pollsInFlight,
    lanes: LANES.map(lane => ({ lane, ...measure(lanes, lane, monotonicMs) })),
  })),
  limitUses: ENDPOINT_GROUPS.flatMap(group => {
    const share = desk.gates.usedShare(group)
    return share === undefined ? [] : [{ account, group, share }]
  }),
  laneBound: desk.limits[0]?.lanes.bound ?? 0,
  calls: desk.history.totals().map(each => ({ ...each, account })),
})

/** Whether credentials were refused, and no call has been answered since. */
export function isDenied({ kind, transitions }: Breaker): boolean {
  if (kind !== 'open' && kind !== 'half-open') return false
  return transitions.findLast(({ to }) => to === 'open')?.cause === 'unauthorized'
}

/** Share of its ceiling below which health reports a throttle. */
const SLOW_SHARE = 0.3

/** The troubles of calls to the broker, for health. */
export function gatewayTroubles(
  desk: CallDesk,
  monotonicMs: number,
): Pick<HealthFacts, 'unauthorized' | 'openBreakers' | 'slowThrottles'> {
  return {
    unauthorized: ENDPOINT_GROUPS.filter(group => isDenied(desk.gates.breaker(group))).map(
      group => ({
        what: `calls of ${group} were refused: is the key or token right, one of this environment, and allowed from this address?`,
      }),
    ),
    openBreakers: ENDPOINT_GROUPS.flatMap(group => {
      const breaker = desk.gates.breaker(group)
      const kind = state(breaker, monotonicMs)
      if (kind === 'closed') return []
      const waitS = Math.ceil(retryInMs(breaker, monotonicMs) / 1_000)
      const isBan = isBannedAt(breaker, monotonicMs)
      return [{ what: `${group} is ${kind}${isBan ? `: banned for ${waitS} s more` : ''}` }]
    }),
    slowThrottles: desk.limits.flatMap(({ limit, throttle }) => {
      const ceiling = limit.perSecond
      if (ceiling === undefined || throttle.cuts.length === 0) return []
      if (throttle.rate >= SLOW_SHARE * ceiling) return []
      return [
        { what: `${limit.name} allows ${throttle.rate.toFixed(1)} calls a second of ${ceiling}` },
      ]
    }),
  }
}
