import * as throttle from '../../../src/resilience/throttle.ts'

/** A law of pacing in the bench. Times are ms from the start of a run. */
export interface Law {
  /** Takes leave for one call: 0, or the ms until it is worth asking again. */
  ask(kind: 'exit' | 'other', now: number): number
  accepted(now: number): void
  /** A call that left at `sentAt` was refused by rate. */
  refused(sentAt: number, now: number): void
  /** The breaker of a group opened, or closed again. */
  opened(now: number): void
  closed(now: number): void
}

/** Watchkeeper's own throttle. */
export function ownLaw(options: object): Law {
  let state = throttle.throttle(throttle.throttleOptions.parse(options), 0)
  return {
    ask: (kind, now) => {
      const [next, answer] = throttle.admit(state, kind, IDLE, now)
      state = next
      return answer.kind === 'admitted' ? 0 : answer.retryInMs
    },
    accepted: () => undefined,
    refused: (sentAt, now) => {
      state = throttle.rateLimited(state, { sentAt }, 0, now)
    },
    opened: now => void (state = throttle.breakerOpened(state, now)),
    closed: now => void (state = throttle.breakerClosed(state, now)),
  }
}

const IDLE = { averageCycleMs: 0, loopDelayMs: 0, failureShare: 0 }

/** A bucket of one token that fills at `rate`. */
class OneToken {
  private tokens = 1
  private at = 0

  /** Takes a token: 0, or the ms until there is one. */
  take(rate: number, now: number): number {
    this.tokens = Math.min(1, this.tokens + ((now - this.at) * rate) / 1_000)
    this.at = now
    if (this.tokens < 1 - 1e-9) return Math.ceil(((1 - this.tokens) / rate) * 1_000)
    this.tokens -= 1
    return 0
  }
}

/** A call each `intervalMs`, whatever the venue answers. */
export function steadyLaw(intervalMs: number): Law {
  const bucket = new OneToken()
  return {
    ask: (_kind, now) => bucket.take(1_000 / intervalMs, now),
    accepted: () => undefined,
    refused: () => undefined,
    opened: () => undefined,
    closed: () => undefined,
  }
}

/** Counts the errors of the last 60 s. */
class RecentErrors {
  private times: number[] = []

  add(now: number): void {
    this.times.push(now)
  }

  count(now: number): number {
    while (this.times[0] !== undefined && this.times[0] <= now - 60_000) this.times.shift()
    return this.times.length
  }
}

/** A call each `intervalMs`, or each two of them while there were more than 3 errors in 60 s. */
export function stepLaw(intervalMs: number): Law {
  const bucket = new OneToken()
  const errors = new RecentErrors()
  let gatedUntil = 0
  return {
    ask: (_kind, now) => {
      if (now < gatedUntil) return gatedUntil - now
      const waitMs = bucket.take(1_000 / intervalMs, now)
      if (waitMs === 0 && errors.count(now) > 3) gatedUntil = now + 2 * intervalMs
      return waitMs
    },
    accepted: () => undefined,
    refused: (_sentAt, now) => errors.add(now),
    opened: () => undefined,
    closed: () => undefined,
  }
}

/** Additive increase, multiplicative decrease: one call a second more each second, half at a refusal. */
export function aimd(): Law {
  const bucket = new OneToken()
  let rate = 2
  let at = 0
  let cutAt = -1
  const grow = (now: number): void => {
    rate = Math.min(50, rate + (now - at) / 1_000)
    at = now
  }
  return {
    ask: (_kind, now) => {
      grow(now)
      return bucket.take(rate, now)
    },
    accepted: () => undefined,
    refused: (sentAt, now) => {
      grow(now)
      if (sentAt <= cutAt) return
      rate = Math.max(0.1, rate / 2)
      cutAt = now
    },
    opened: () => undefined,
    closed: () => undefined,
  }
}

const BETA = 0.7
const SCALE = 0.4

/**
 * The client-side rate limiter of AWS SDKs in their adaptive retry mode: CUBIC on the measured rate of
 * sending (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
 */
export function awsCubic(): Law {
  const bucket = new OneToken()
  let isOn = false
  let rate = 0.5
  let measured = 0
  let count = 0
  let bucketAt = 0
  let lastMax = 0
  let cutAt = 0
  const measure = (now: number): void => {
    count++
    const half = Math.floor(now / 500) / 2
    if (half <= bucketAt) return
    measured = 0.8 * (count / (half - bucketAt)) + 0.2 * measured
    count = 0
    bucketAt = half
  }
  const windowS = (): number => Math.cbrt((lastMax * (1 - BETA)) / SCALE)
  return {
    ask: (_kind, now) => (isOn ? bucket.take(Math.max(rate, 0.5), now) : 0),
    accepted: now => {
      measure(now)
      if (!isOn) return
      const grown = SCALE * ((now - cutAt) / 1_000 - windowS()) ** 3 + lastMax
      rate = Math.max(0.5, Math.min(grown, 2 * measured))
    },
    refused: (_sentAt, now) => {
      measure(now)
      lastMax = isOn ? Math.min(measured, rate) : measured
      cutAt = now
      rate = Math.max(0.5, BETA * lastMax)
      isOn = true
    },
    opened: () => undefined,
    closed: () => undefined,
  }
}
