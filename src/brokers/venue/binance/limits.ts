import type { LimitReader } from '../client.ts'
import { useOf, type LimitWindow } from '../usage.ts'
import { WEIGHT_PER_MINUTE } from './capabilities.ts'

/** Limits that the venue counts in headers of its answers: weight by address, orders by account. */
const WINDOWS: Readonly<Record<string, LimitWindow>> = {
  'x-mbx-used-weight-1m': { groups: ['account', 'quotes'], most: WEIGHT_PER_MINUTE, ms: 60_000 },
  'x-mbx-order-count-10s': { groups: ['orders'], most: 300, ms: 10_000 },
  'x-mbx-order-count-1m': { groups: ['orders'], most: 1_200, ms: 60_000 },
}

export const limitsIn: LimitReader = (_request, { headers }, now) =>
  Object.entries(WINDOWS).flatMap(([header, window]) => {
    const text = headers[header]
    return typeof text === 'string' && /^\d{1,9}$/.test(text)
      ? [useOf(window, Number(text), now)]
      : []
  })
