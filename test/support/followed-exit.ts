import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId } from '../../src/domain/order.ts'
import type { FollowedExit } from '../../src/ports/telemetry.ts'

const ACME = instrumentId('ACME')
const P1 = positionId('p1')

/** The exit of `p1` at its stop, as its observers receive it. */
export const aFollowedExit = (but: Partial<FollowedExit> = {}): FollowedExit => ({
  positionId: P1,
  generation: 1,
  attempt: 1,
  intendedAt: 1_000,
  decision: {
    positionId: P1,
    instrument: ACME,
    side: 'long',
    reason: 'stop-loss',
    matched: ['stop-loss'],
    at: 1_000,
    level: 95,
    best: 100,
    priceSource: 'trade',
    tick: { seq: 7, instrument: ACME, price: 94 },
  },
  order: {
    clientOrderId: 'c1' as ClientOrderId,
    positionId: P1,
    instrument: ACME,
    side: 'long',
    quantity: 2,
    priceSource: 'trade',
    reduceOnly: true,
  },
  ...but,
})
