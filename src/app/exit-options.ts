import type { ServiceConfig } from '../config/schema.ts'

/** The settings of exits, from the sections `exits` and `broker`. */
export function exitsOf({ exits, broker }: ServiceConfig) {
  return {
    style: exits.style,
    workingMs: exits.workingMs,
    retryMs: exits.retryMs,
    maxRetryMs: exits.maxRetryMs,
    closedMarketRetryMs: exits.closedMarketRetryMs,
    loudAfter: exits.loudAfter,
    loudAfterMs: exits.loudAfterMs,
    holdingFreshMs: exits.holdingFreshMs,
    sendUnverifiedAfterMs: exits.sendUnverifiedAfterMs,
    actWithinMs: broker.callTimeoutMs,
  }
}
