import type { ServiceConfig } from '../config/schema.ts'

/** How exits are ordered. */
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
