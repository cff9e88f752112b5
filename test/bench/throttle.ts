import { enqueue, landed, type Lane, lanes, nextLane, take } from '../../src/resilience/lanes.ts'
import * as law from '../../src/resilience/throttle.ts'
import { seeded } from './prices.ts'
import { figure, type Figure, median } from './report.ts'

const STEP_MS = 10
const END_MS = 420_000
const LATENCY_MS = 50
const IDLE = { averageCycleMs: 0, loopDelayMs: 0, errors: 0 }

const limitAt = (ms: number): number => (ms >= 120_000 && ms < 180_000 ? 3 : 10)
const isDown = (ms: number): boolean => ms >= 260_000 && ms < 280_000

/** One run of the base world: a hidden bucket of 10 calls, an outage, a stand-in breaker. */
function run(options: object, seed: number) {
  const random = seeded(seed)
  let state = law.throttle(law.throttleOptions.parse(options), 0)
  let of = lanes<null>(1_000)
  let flying: { lane: Lane; key: string; since: number; sentAt: number }[] = []
  const count = { accepted: 0, limit: 0, refusals: 0, outage: 0 }
  const waits: number[] = []
  let tokens = 10
  let failures = 0
  let openUntil = -1
  let openMs = 1_000
  let nextExit = 1_000
  let exits = 0
  for (let now = 0; now < END_MS; now += STEP_MS) {
    tokens = Math.min(10, tokens + (limitAt(now) * STEP_MS) / 1_000)
    if (!isDown(now)) count.limit += (limitAt(now) * STEP_MS) / 1_000
    for (let position = 0; position < 40; position++) {
      if (now % 2_000 !== position * 50) continue
      of = enqueue(of, 'quotes', { key: `q${position}`, urgency: 0, since: now, call: null })
    }
    if (now >= nextExit) {
      for (let each = random() < 0.2 ? 5 : 1; each > 0; each--) {
        of = enqueue(of, 'exits', { key: `e${exits++}`, urgency: 1, since: now, call: null })
      }
      nextExit = now + 2_000 + random() * 6_000
    }
    const done = flying.filter(({ sentAt }) => sentAt + LATENCY_MS <= now)
    flying = flying.filter(({ sentAt }) => sentAt + LATENCY_MS > now)
    for (const { lane, key, since, sentAt } of done) {
      of = landed(of, lane)
      const isBroken = isDown(now) || random() < 0.01
      const isRefused = !isBroken && tokens < 1
      if (isDown(now)) count.outage++
      if (isBroken) {
        if (++failures >= 5 && now >= openUntil) {
          if (openUntil < 0) state = law.breakerOpened(state, now)
          openUntil = now + openMs
          openMs = Math.min(60_000, openMs * 2)
        }
      } else {
        failures = 0
        if (openUntil >= 0) state = law.breakerClosed(state, now)
        openUntil = -1
        openMs = 1_000
      }
      if (isRefused) {
        count.refusals++
        state = law.rateLimited(state, { sentAt }, 0, now)
      } else if (!isBroken) {
        tokens--
        count.accepted++
        if (lane === 'exits' && limitAt(since) === 10 && limitAt(now) === 10) {
          if (since < 250_000 || since > 285_000) waits.push(now - since)
        }
      }
      if (lane === 'exits' && (isRefused || isBroken)) {
        of = enqueue(of, 'exits', { key, urgency: 1, since, call: null })
      }
    }
    for (;;) {
      const lane = nextLane(of)
      if (lane === undefined || now < openUntil || (openUntil >= 0 && flying.length > 0)) break
      const [next, answer] = law.admit(state, lane === 'exits' ? 'exit' : 'other', IDLE, now)
      state = next
      if (answer.kind === 'refused') break
      const [rest, [head]] = take(of, lane)
      of = rest
      flying.push({ lane, key: head!.key, since: head!.since, sentAt: now })
    }
  }
  const p99 = waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? 0
  return { ...count, goodput: (100 * count.accepted) / count.limit, p99 }
}

/** The law of the throttle in a world with a hidden limit, medians of 30 seeds. */
export const throttle = (): Promise<Figure[]> => {
  const contenders = {
    step: { law: 'step' },
    'fixed 5/s': { law: 'fixed', baseIntervalMs: 200 },
    ours: {},
    'ours, ceiling 10/s': { perSecond: 10 },
  }
  const figures = Object.entries(contenders).flatMap(([name, options]) => {
    const runs = Array.from({ length: 30 }, (_, seed) => run(options, seed))
    const of = (key: 'goodput' | 'refusals' | 'p99' | 'outage') => median(runs.map(r => r[key]))
    return [
      figure(`throttle, ${name}: goodput`, '% of the hidden limit', of('goodput')),
      figure(`throttle, ${name}: refusals`, 'calls', of('refusals')),
      figure(`throttle, ${name}: exits accepted, p99`, 'ms', of('p99')),
      figure(`throttle, ${name}: calls into the outage`, 'calls', of('outage')),
    ]
  })
  return Promise.resolve(figures)
}
