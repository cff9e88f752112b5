import { join } from 'node:path'
import type { Capabilities } from '../../src/ports/broker.ts'

/** A part of a configuration. */
export type Settings = { readonly [name: string]: unknown }

/** Longest wait of the service for one answer, ms. */
export const CALL_MS = 1_000

interface Place {
  readonly url: string
  readonly folder: string
  /** The service relies on all capabilities of the venue, unless the changes say otherwise. */
  readonly capabilities: Capabilities
  /** The section of the broker; default: that of a server behind the REST protocol. */
  readonly broker?: Settings | undefined
}

/** The configuration of a scene: short waits, prices from the broker. */
export function configOf(
  { url, folder, capabilities, broker }: Place,
  but: Settings = {},
): Settings {
  const breaker = { openMs: 200, exitOpenMs: 100, maxOpenMs: 400 }
  return merged(
    {
      positions: join(folder, 'positions.json'),
      dataFolder: join(folder, 'data'),
      cycleMs: 100,
      http: { port: 0 },
      feed: { kind: 'poll', pollMs: 100 },
      broker: {
        ...(broker ?? { kind: 'http', token: 'test-token', openOrders: true, capabilities }),
        url,
        callTimeoutMs: CALL_MS,
      },
      gateway: {
        breakers: { orders: breaker, account: breaker, quotes: breaker },
        throttle: { startRate: 1_000, maxRate: 1_000 },
      },
      exits: { workingMs: 1_000, retryMs: 50, maxRetryMs: 200, closedMarketRetryMs: 200 },
      holdings: { reconcileMs: 200, confirm: false },
      // No story waits for what is left of an exit.
      stop: { deadlineMs: 100 },
    },
    but,
  )
}

function merged(base: Settings, but: Settings): Settings {
  const isPart = (value: unknown): value is Settings =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  return {
    ...base,
    ...Object.fromEntries(
      Object.entries(but).map(([name, value]) => {
        const old = base[name]
        return [name, isPart(old) && isPart(value) ? merged(old, value) : value]
      }),
    ),
  }
}
